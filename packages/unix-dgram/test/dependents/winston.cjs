// winston-syslog over unix datagrams, with each of its two protocols. The argument is the path of the receiver.
const parser = require('glossy').Parse;
const unix = require('unix-dgram');
const winston = require('winston');
const { Syslog } = require('winston-syslog');

const [, , path] = process.argv;
const PROTOCOLS = ['unix', 'unix-connect'];

const received = [];
const receiver = unix.createSocket('unix_dgram', (message) => {
  parser.parse(message, ({ severity, message: text }) => received.push(`${severity} ${text.replace(/^\S+: /, '')}`));
  if (received.length < 2 * PROTOCOLS.length) return;
  for (const line of received.sort()) console.log(line);
  for (const logger of loggers) logger.close();
  receiver.close();
});
receiver.bind(path);

const loggers = PROTOCOLS.map((protocol) => {
  const transport = new Syslog({ protocol, path, appName: 'test', localhost: '' });
  transport.on('error', (error) => console.log(protocol, error));
  const logger = winston.createLogger({
    level: 'debug',
    levels: winston.config.syslog.levels,
    format: winston.format.simple(),
    transports: [transport],
  });
  logger.error(`by ${protocol}`);
  logger.debug(`also by ${protocol}`);
  return logger;
});
