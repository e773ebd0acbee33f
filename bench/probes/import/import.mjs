import 'pollux';
