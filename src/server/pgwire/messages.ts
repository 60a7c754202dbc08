/** Message types of the v3 protocol, as byte values. Source: PostgreSQL 15, "Frontend/Backend Protocol". */
const code = (letter: string): number => letter.charCodeAt(0);

/** From the client. */
export const FRONTEND = {
  bind: code('B'),
  close: code('C'),
  copyData: code('d'),
  copyDone: code('c'),
  copyFail: code('f'),
  describe: code('D'),
  execute: code('E'),
  flush: code('H'),
  functionCall: code('F'),
  parse: code('P'),
  password: code('p'),
  query: code('Q'),
  sync: code('S'),
  terminate: code('X'),
} as const;

/** To the client. */
export const BACKEND = {
  authentication: code('R'),
  backendKeyData: code('K'),
  bindComplete: code('2'),
  closeComplete: code('3'),
  commandComplete: code('C'),
  copyData: code('d'),
  copyDone: code('c'),
  copyInResponse: code('G'),
  copyOutResponse: code('H'),
  dataRow: code('D'),
  emptyQuery: code('I'),
  error: code('E'),
  negotiateVersion: code('v'),
  noData: code('n'),
  notice: code('N'),
  parameterDescription: code('t'),
  parameterStatus: code('S'),
  parseComplete: code('1'),
  portalSuspended: code('s'),
  readyForQuery: code('Z'),
  rowDescription: code('T'),
} as const;

/** Codes in place of a protocol version in the first message. */
export const REQUEST = { cancel: 80877102, ssl: 80877103, gss: 80877104 } as const;

export const PROTOCOL_MAJOR = 3;
export const VERSION_3_0 = PROTOCOL_MAJOR << 16;
/** The one-byte answer to a request for encryption. */
export const REQUEST_REFUSED: number = code('N');
