require('pollux');
