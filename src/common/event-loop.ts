/** Calls `fn` after pending input and output had their turn: how a busy loop stays fair to sockets. */
export function afterIo(fn: () => void): void {
  setImmediate(fn);
}
