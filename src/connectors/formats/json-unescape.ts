/** The UTF-8 bytes of JSON string content whose escapes have been checked; a lone surrogate becomes U+FFFD. */
export function unescaped(d: Uint8Array, from: number, to: number): Uint8Array {
  const out = new Uint8Array(to - from);
  let n = 0;
  for (let at = from; at < to; ) {
    const c = d[at] as number;
    if (c !== 92) {
      out[n++] = c;
      at++;
      continue;
    }
    const e = d[at + 1] as number;
    if (e !== 117) {
      out[n++] = SIMPLE[e] as number;
      at += 2;
      continue;
    }
    let code = hex4(d, at + 2);
    at += 6;
    if (code >= 0xd800 && code < 0xe000) {
      const low = code < 0xdc00 && at + 6 <= to && d[at] === 92 && d[at + 1] === 117 ? hex4(d, at + 2) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      } else code = 0xfffd;
    }
    // Six or twelve bytes of an escape make at most three or four.
    if (code < 0x80) out[n++] = code;
    else if (code < 0x800) {
      out[n++] = 0xc0 | (code >> 6);
      out[n++] = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      out[n++] = 0xe0 | (code >> 12);
      out[n++] = 0x80 | ((code >> 6) & 63);
      out[n++] = 0x80 | (code & 63);
    } else {
      out[n++] = 0xf0 | (code >> 18);
      out[n++] = 0x80 | ((code >> 12) & 63);
      out[n++] = 0x80 | ((code >> 6) & 63);
      out[n++] = 0x80 | (code & 63);
    }
  }
  return out.subarray(0, n);
}

const SIMPLE = new Uint8Array(128);
for (const [escape, byte] of [['"', 34], ['\\', 92], ['/', 47], ['b', 8], ['f', 12], ['n', 10], ['r', 13], ['t', 9]] as const) SIMPLE[escape.charCodeAt(0)] = byte;

function hex4(d: Uint8Array, at: number): number {
  let v = 0;
  for (let i = 0; i < 4; i++) {
    const c = d[at + i] as number;
    v = v * 16 + (c <= 57 ? c - 48 : (c | 32) - 87);
  }
  return v;
}
