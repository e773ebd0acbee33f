/** The kinds of descriptors that carry data from one end to another. */
export type Kind = 'pipe' | 'FIFO' | 'unix stream' | 'unix seqpacket' | 'unix datagram' | 'TCP' | 'UDP';

export const STREAMS: readonly Kind[] = ['pipe', 'FIFO', 'unix stream', 'TCP'];
/** One-way streams. */
export const PIPES: readonly Kind[] = ['pipe', 'FIFO'];
/** Connected sockets whose ends can shut down one direction. macOS has no seqpacket sockets. */
export const CONNECTIONS: readonly Kind[] =
  process.platform === 'darwin' ? ['unix stream', 'TCP'] : ['unix stream', 'unix seqpacket', 'TCP'];
export const KINDS: readonly Kind[] = ['pipe', 'FIFO', ...CONNECTIONS, 'unix datagram', 'UDP'];

/** Whether each read takes one message, however long the message is. */
export function hasMessages(kind: Kind): boolean {
  return kind === 'UDP' || kind === 'unix datagram' || kind === 'unix seqpacket';
}
