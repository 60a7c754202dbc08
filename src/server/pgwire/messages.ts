/** Message types of the v3 protocol, as byte values (the letter that names each). Source: PostgreSQL 15, "Frontend/Backend Protocol". */

/** From the client. */
export const FRONTEND = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  flush: 0x48,
  functionCall: 0x46,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
} as const;

/** To the client. */
export const BACKEND = {
  authentication: 0x52,
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  dataRow: 0x44,
  emptyQuery: 0x49,
  error: 0x45,
  negotiateVersion: 0x76,
  noData: 0x6e,
  notice: 0x4e,
  parameterDescription: 0x74,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

/** Codes in place of a protocol version in the first message. */
export const REQUEST = { cancel: 80877102, ssl: 80877103, gss: 80877104 } as const;

export const PROTOCOL_MAJOR = 3;
export const VERSION_3_0: number = PROTOCOL_MAJOR << 16;
/** `N`: the one-byte answer to a request for encryption. */
export const REQUEST_REFUSED = 0x4e;
