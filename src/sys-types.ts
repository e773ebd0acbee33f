/** The address family of a socket: IPv4, IPv6, or unix(7). */
export type SocketFamily = 'ipv4' | 'ipv6' | 'unix';

/** The type of a socket: socket(2). `'seqpacket'` exists for unix sockets only. */
export type SocketType = 'stream' | 'dgram' | 'seqpacket';

/** A socket by the numbers of socket(2), for what has no name here: AF_NETLINK, AF_PACKET, AF_CAN, AF_VSOCK, raw IP. */
export interface SocketNumbers {
  /** AF_* of this kernel. */
  readonly domain: number;
  /** SOCK_* of this kernel. */
  readonly type: number;
  /**
   * The protocol of the domain, in the byte order that the domain requires (AF_PACKET: that of the network); 0 by
   * default.
   */
  readonly protocol?: number | undefined;
}

/** An internet address, as the kernel reports it. */
export interface InternetAddress {
  readonly family: 'ipv4' | 'ipv6';
  /** A numeric address, never a name: `127.0.0.1`, `::1`; with the zone where there is one: `fe80::1%eth0`. */
  readonly host: string;
  /** 0 … 65535. */
  readonly port: number;
}

/** The address of a unix socket: unix(7). */
export interface UnixAddress {
  readonly family: 'unix';
  /**
   * A path, in UTF-8; an abstract name, which begins with `'\0'` (Linux); `''` for a socket without a name, such as
   * those of a socket pair. Bytes that are not UTF-8 are shown as U+FFFD.
   */
  readonly path: string;
}

/** An address of a family that has no name here: AF_NETLINK, AF_PACKET, AF_VSOCK, … */
export interface OtherAddress {
  /** AF_* of the kernel. 0: the kernel names no address. */
  readonly family: number;
  /** The whole `struct sockaddr`, as the kernel wrote it. */
  readonly raw: Buffer;
}

/** What the kernel reports as the address of an internet or unix socket. */
export type Address = InternetAddress | UnixAddress;

/** What the kernel reports as the address of a socket of any family. */
export type AnyAddress = Address | OtherAddress;

/**
 * An address of any family, as the kernel takes it: a whole `struct sockaddr`, the family first (on the BSDs the length
 * and then the family), in the byte order of the machine. An `OtherAddress` is one.
 */
export interface RawAddress {
  /** Ignored: the family is in the bytes. */
  readonly family?: number | undefined;
  /** 2 … 128 bytes. */
  readonly raw: Uint8Array;
}

/** The address to connect to or send to. `family` may be omitted: `host` or `path` implies it. */
export type RemoteAddress =
  | {
      readonly family?: 'ipv4' | 'ipv6' | undefined;
      /** A numeric address; `fe80::1%eth0` and `fe80::1%2` name a zone. Names such as `localhost` are refused. */
      readonly host: string;
      /** 0 … 65535. */
      readonly port: number;
    }
  | {
      readonly family?: 'unix' | undefined;
      /** A path, or an abstract name after a `'\0'` (Linux). */
      readonly path: string;
    };

/**
 * The address to bind to. `host` may be omitted: any address of the socket's family. `port` may be omitted or 0: any
 * free port. With the path `''` Linux chooses a free abstract name.
 */
export type BindAddress =
  | {
      readonly family?: 'ipv4' | 'ipv6' | undefined;
      readonly host?: string | undefined;
      readonly port?: number | undefined;
    }
  | { readonly family?: 'unix' | undefined; readonly path: string };

/** One received message. */
export interface Message<From extends AnyAddress = Address> {
  /** How many bytes are in the buffer; 0 for an empty datagram, and at the end of a stream. */
  readonly length: number;
  /**
   * The sender. Where the kernel names no sender this is the unnamed address of the socket's family: path `''` (a unix
   * peer that is not bound), or port 0 (a connected stream: `peerAddress()` names its peer). A sender of a family that
   * has no name here (netlink, packet) is `{ family, raw }`: the type is then `OtherAddress`.
   */
  readonly address: From;
  /** The message was longer than the buffer; the rest of the message is lost. */
  readonly truncated: boolean;
}

/** A process, by ids that the kernel has checked. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** The process at the other end of a unix socket. */
export interface PeerCredentials {
  /** The process that connected or listened, at that time. Missing where the kernel does not report it (the BSDs). */
  readonly pid?: number;
  readonly uid: number;
  readonly gid: number;
}

/** Where a datagram arrived. */
export interface PacketInfo {
  /** The number of the network interface. */
  readonly interface: number;
  /** Where the datagram was sent to: an address of this machine, or of a multicast group. Numeric. */
  readonly address: string;
}

/** The control messages that came with a message. */
export interface ReceivedControl {
  /**
   * SCM_RIGHTS. The descriptors are close-on-exec, and the caller has to close them. Their non-blocking mode is that of
   * the open file, which the sender shares; this call does not change it.
   */
  readonly descriptors: number[];
  /** SCM_CREDENTIALS: the sender, where the option `passCredentials` is on (Linux). */
  readonly credentials?: Credentials;
  /** Present where the option `packetInfo` is on. */
  readonly packetInfo?: PacketInfo;
  /** When the kernel received the message, in nanoseconds since 1970; present where the option `timestamps` is on. */
  readonly timestampNs?: bigint;
  /** SCM_PIDFD: a descriptor of the sender's process, which the caller has to close; SO_PASSPIDFD is on (Linux 6.5). */
  readonly processFd?: number;
  /** There were more control messages than room for them. The kernel has closed the descriptors that did not fit. */
  readonly truncated: boolean;
  /** All other control messages. */
  readonly raw: Array<{ readonly level: number; readonly type: number; readonly data: Buffer }>;
}

/** One received message and the control messages that came with it. */
export interface ReceivedMessage<From extends AnyAddress = Address> {
  /** How many bytes are in the buffers; 0 for an empty datagram, and at the end of a stream. */
  readonly length: number;
  /** The sender, as `recvFrom()` returns it. */
  readonly address: From;
  /** The message was longer than the buffers; the rest of the message is lost. */
  readonly truncated: boolean;
  readonly control: ReceivedControl;
}

/** Datagrams of one sender, one behind the other. */
export interface ReceivedSegments<From extends AnyAddress = Address> {
  /** How many bytes are in the buffer. */
  readonly length: number;
  /** The bytes of each datagram; the last one may have fewer. `length` where there is one datagram. */
  readonly segmentSize: number;
  readonly address: From;
  /** A datagram was longer than the buffer; the rest of the datagram is lost. */
  readonly truncated: boolean;
}

/** Whether a poller can watch a descriptor; see `Classification`. */
export type Readiness = 'pollable' | 'always-ready' | 'unsupported';

/**
 * The kind of a file, as fstat(2) reports it. `'kernel-object'`: an eventfd, timerfd, pidfd or poller, which has no
 * file type.
 */
export type FileKind =
  | 'regular-file'
  | 'directory'
  | 'pipe'
  | 'socket'
  | 'terminal'
  | 'character-device'
  | 'block-device'
  | 'symbolic-link'
  | 'kernel-object';

/** What a descriptor was opened for: O_ACCMODE of fcntl(2). */
export type AccessMode = 'read' | 'write' | 'read-write';

/** What `classify()` says of a descriptor. */
export interface Classification {
  /**
   * `'pollable'`: a poller accepts the descriptor. `'always-ready'`: a poller refuses it with EPERM, and reads and
   * writes never return `WOULD_BLOCK` (a regular file, /dev/null). `'unsupported'`: it can be neither polled nor read
   * nor written (a directory, a descriptor opened with O_PATH).
   */
  readonly readiness: Readiness;
  readonly kind: FileKind;
}

/** A new pseudoterminal. */
export interface Pty {
  /** The side of the program that plays the terminal. The caller closes it; closing it hangs up the other side. */
  readonly fd: number;
  /**
   * The path of the other side, which is the terminal of the program that opens it. Give a program a blocking
   * descriptor of it (`openSync()` of `node:fs`), or open it with `open()`. The terminal starts with echo and line
   * editing on; `setTerminalSettings()` with `raw` makes it pass bytes unchanged.
   */
  readonly path: string;
}

/** The size of a terminal, in characters. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** The settings of a terminal or serial line, in the words of serialport where it has one: termios(3), stty(1). */
export interface TerminalSettings {
  /**
   * Bits per second in both directions, any number; 0 hangs up. Where the two rates differ, that of the output is read.
   */
  readonly baudRate?: number | undefined;
  /** The bits of a character: 5 … 8. */
  readonly dataBits?: 5 | 6 | 7 | 8 | undefined;
  /** 1 or 2; with 5 data bits 2 are 1.5 on most hardware. */
  readonly stopBits?: 1 | 2 | undefined;
  /** `'mark'` and `'space'` send a bit that is always 1 or 0; Linux has them. */
  readonly parity?: 'none' | 'even' | 'odd' | 'mark' | 'space' | undefined;
  /** A character that arrives with the wrong parity is read as a NUL: INPCK. */
  readonly checkParity?: boolean | undefined;
  /** Flow control by the lines RTS and CTS: CRTSCTS. */
  readonly rtscts?: boolean | undefined;
  /** Flow control of the output: it stops for Ctrl-S, and goes on for Ctrl-Q: IXON. */
  readonly xon?: boolean | undefined;
  /** Flow control of the input by the same characters: IXOFF. */
  readonly xoff?: boolean | undefined;
  /** With `xon`: any character makes output go on: IXANY. */
  readonly xany?: boolean | undefined;
  /** The last close lowers DTR and RTS: HUPCL. */
  readonly hupcl?: boolean | undefined;
  /** The line DCD is ignored: open(2) waits for no carrier, and the loss of a carrier does not hang up: CLOCAL. */
  readonly local?: boolean | undefined;
  /** Characters are received: CREAD. */
  readonly receive?: boolean | undefined;
  /** Input comes by the line, which can be edited: ICANON. */
  readonly canonical?: boolean | undefined;
  /** Input is echoed: ECHO. */
  readonly echo?: boolean | undefined;
  /** Ctrl-C and its like send signals: ISIG. */
  readonly signals?: boolean | undefined;
  /**
   * To set: true lets bytes pass unchanged, eight bits without parity, as cfmakeraw(3); false is a terminal for people,
   * with line editing, echo, signals and line ends. When read: whether the kernel lets bytes pass unchanged, whatever
   * their size.
   */
  readonly raw?: boolean | undefined;
  /**
   * Without `canonical`: how many bytes must have arrived before a read returns and a poller reports the terminal as
   * readable, 0 … 255: VMIN.
   */
  readonly vmin?: number | undefined;
  /** Without `canonical`: how long a read waits for these bytes, in tenths of a second, 0 … 255: VTIME. */
  readonly vtime?: number | undefined;
}
