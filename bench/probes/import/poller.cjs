require('pollux').createPoller();
