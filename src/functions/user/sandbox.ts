import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * A JavaScript engine of its own (QuickJS, compiled to WebAssembly) for one function: no file, network, process, clock or
 * module is in reach, memory and steps are counted. Reasons and figures: docs/design/0006-user-functions.md.
 *
 * Values of the guest are addresses in its memory. Whoever got one frees it.
 */

/** The part of the platform's interface that is used; the language's library does not declare it. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
type WasmModule = object;
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: Readonly<Record<string, Readonly<Record<string, (...args: never[]) => unknown>>>>) => { readonly exports: object };
};

export interface Limits {
  /** Bytes that the function may hold, its engine included. */
  readonly memoryBytes: number;
  /** Jumps and calls that one evaluation may take. */
  readonly steps: number;
}

/** Something thrown by the guest, or by its engine when a limit was hit. */
export class GuestError extends Error {
  override readonly name = 'GuestError';
  /** The name of the error's class, e.g. TypeError. */
  readonly kind: string;
  readonly guestStack: string;
  /** What ran out; the engine is of no use any more then. */
  readonly exhausted: 'steps' | 'memory' | 'stack' | null;

  constructor(kind: string, message: string, guestStack: string, exhausted: GuestError['exhausted'] = null) {
    super(message);
    this.kind = kind;
    this.guestStack = guestStack;
    this.exhausted = exhausted;
  }
}

type Address = number;

interface Exports {
  readonly memory: WasmMemory;
  _initialize(): void;
  qjs_init2(intrinsics: number): number;
  qjs_set_memory_limit(bytes: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_set_interrupt_handler(on: number): void;
  qjs_eval(code: Address, length: number, file: Address, flags: number): Address;
  qjs_call(fn: Address, self: Address, count: number, args: Address): Address;
  qjs_get_undefined(): Address;
  qjs_new_string(at: Address, length: number): Address;
  qjs_new_number(n: number): Address;
  qjs_get_string_len(value: Address, length: Address): Address;
  qjs_free_cstring(at: Address): void;
  qjs_free_value(value: Address): void;
  qjs_is_exception(value: Address): number;
  qjs_get_exception(): Address;
  qjs_get_prop_string(object: Address, name: Address): Address;
  qjs_get_array_buffer(value: Address, length: Address): Address;
  qjs_promise_state(promise: Address): number;
  qjs_promise_result(promise: Address): Address;
  qjs_execute_pending_job(): number;
  wasm_malloc(bytes: number): Address;
  wasm_free(at: Address): void;
}

/** The engine polls its host once in so many jumps and calls. */
const STEPS_PER_POLL = 10_000;
const STACK_BYTES = 256 << 10;
/** What the engine needs before any code of the user is there. */
export const MEMORY_BYTES_MIN: number = 2 << 20;
const MODULE = 1;
const STRICT = 8;
/** All but performance (a clock) and DOMException. */
const INTRINSICS = 0x3ff;
const PROMISE_PENDING = 0;
const PROMISE_REJECTED = 2;
const JOBS_MAX = 1000;
const NOT_THERE = 52;
const require = createRequire(import.meta.url);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

let compiled: WasmModule | undefined;

/** Compiled once a thread, on first use: 16 ms. */
function engineModule(): WasmModule {
  return (compiled ??= new WebAssembly.Module(readFileSync(require.resolve('quickjs-wasi/quickjs.wasm'))));
}

export class Sandbox {
  readonly #e: Exports;
  readonly #pollsMax: number;
  #polls = 0;
  #broken = false;
  /** Four bytes for lengths. */
  readonly #scratch: Address;
  /** Where the guest says which row it is at: each has the steps of its own. */
  #progress: Address = 0;
  #row = -1;

  constructor(limits: Limits) {
    this.#pollsMax = Math.max(1, Math.ceil(limits.steps / STEPS_PER_POLL));
    const refuse = (): number => NOT_THERE;
    const instance = new WebAssembly.Instance(engineModule(), {
      env: {
        host_interrupt: () => this.#poll(),
        // A zone of its own would make results depend on the machine.
        host_get_timezone_offset: () => 0,
        host_promise_rejection: () => {},
        host_module_normalize: () => 0,
        host_module_load: () => 0,
        host_call: () => 0,
      },
      wasi_snapshot_preview1: {
        clock_time_get: (_clock: number, _precision: bigint, at: Address) => {
          new DataView(this.#memory()).setBigUint64(at, 0n, true);
          return 0;
        },
        random_get: (at: Address, length: number) => {
          new Uint8Array(this.#memory(), at, length).fill(0);
          return 0;
        },
        fd_close: refuse,
        fd_fdstat_get: refuse,
        fd_seek: refuse,
        fd_write: refuse,
      },
    });
    // The exports of the package's binary, whose version is pinned.
    this.#e = instance.exports as Exports;
    this.#e['_initialize']();
    if (this.#e.qjs_init2(INTRINSICS) !== 0) throw new GuestError('InternalError', 'the engine does not start', '');
    this.#scratch = this.#e.wasm_malloc(8);
    this.#e.qjs_set_memory_limit(Math.max(limits.memoryBytes, MEMORY_BYTES_MIN));
    this.#e.qjs_set_max_stack_size(STACK_BYTES);
    this.#e.qjs_set_interrupt_handler(1);
  }

  /** Whether a limit was hit: its state may be half-way, so that a new one has to take its place. */
  get broken(): boolean {
    return this.#broken;
  }

  #memory(): ArrayBuffer {
    return this.#e.memory.buffer;
  }

  #poll(): number {
    if (this.#progress !== 0) {
      const row = new Int32Array(this.#memory(), this.#progress, 1)[0] as number;
      if (row !== this.#row) {
        this.#row = row;
        this.#polls = 0;
      }
    }
    return ++this.#polls > this.#pollsMax ? 1 : 0;
  }

  /** The value of a script's last expression. Errors: GuestError. */
  script(source: string, file: string): Address {
    return this.#evaluate(source, file, STRICT);
  }

  /** The exports of a module. Errors: GuestError. */
  module(source: string, file: string): Address {
    const promise = this.#evaluate(source, file, MODULE);
    for (let i = 0; i < JOBS_MAX && this.#e.qjs_execute_pending_job() > 0; i++);
    const state = this.#e.qjs_promise_state(promise);
    if (state === PROMISE_PENDING) throw new GuestError('TypeError', 'the module does not finish loading', '');
    const result = this.#e.qjs_promise_result(promise);
    this.free(promise);
    if (state === PROMISE_REJECTED) throw this.#errorOf(result);
    return result;
  }

  #evaluate(source: string, file: string, flags: number): Address {
    const code = this.#write(source);
    const name = this.#write(file);
    try {
      return this.#run(() => this.#e.qjs_eval(code.at, code.length, name.at, flags));
    } finally {
      this.#e.wasm_free(code.at);
      this.#e.wasm_free(name.at);
    }
  }

  /** Calls a function of the guest. Errors: GuestError. */
  call(fn: Address, args: readonly Address[]): Address {
    const argv = args.length === 0 ? 0 : this.#malloc(args.length * 4);
    if (argv !== 0) new Uint32Array(this.#memory(), argv, args.length).set(args);
    try {
      return this.#run(() => this.#e.qjs_call(fn, this.#e.qjs_get_undefined(), args.length, argv));
    } finally {
      if (argv !== 0) this.#e.wasm_free(argv);
    }
  }

  /** As `call`, for functions from text to text. */
  callText(fn: Address, ...texts: readonly string[]): string {
    const args = texts.map((text) => this.text(text));
    try {
      const result = this.call(fn, args);
      const text = this.textOf(result);
      this.free(result);
      return text;
    } finally {
      for (const arg of args) this.free(arg);
    }
  }

  #run(body: () => Address): Address {
    this.#polls = 0;
    this.#row = -1;
    let result: Address;
    try {
      result = body();
    } catch (error) {
      // A trap of the engine, or the host's stack: nothing in there can be trusted any more.
      this.#broken = true;
      throw new GuestError('InternalError', error instanceof Error ? error.message : String(error), '', error instanceof RangeError ? 'stack' : 'memory');
    }
    if (this.#e.qjs_is_exception(result) === 0) return result;
    throw this.#errorOf(this.#e.qjs_get_exception());
  }

  /** Reads an error and frees it. */
  #errorOf(error: Address): GuestError {
    const interrupted = this.#polls > this.#pollsMax;
    // Reading it may run getters of the guest: with few steps, not for ever.
    this.#polls = Math.max(0, this.#pollsMax - 10);
    this.#row = -1;
    const part = (name: string): string => {
      try {
        const at = this.#write(name);
        const value = this.#e.qjs_get_prop_string(error, at.at);
        this.#e.wasm_free(at.at);
        const text = this.#e.qjs_is_exception(value) === 0 ? this.textOf(value) : '';
        this.free(value);
        return text === 'undefined' ? '' : text;
      } catch {
        return '';
      }
    };
    const kind = part('name');
    const message = part('message');
    const stack = part('stack').slice(0, 2000);
    const exhausted = interrupted ? 'steps' : kind === 'InternalError' && message === 'out of memory' ? 'memory' : message === 'Maximum call stack size exceeded' ? 'stack' : null;
    if (exhausted !== null) this.#broken = true;
    const made = new GuestError(kind, kind === '' && message === '' && exhausted === null ? this.#shown(error) : message, stack, exhausted);
    this.free(error);
    return made;
  }

  #shown(value: Address): string {
    try {
      return this.textOf(value);
    } catch {
      return 'something that has no text';
    }
  }

  /** A string of the guest's. */
  text(text: string): Address {
    const { at, length } = this.#write(text);
    const made = this.#e.qjs_new_string(at, length);
    this.#e.wasm_free(at);
    return made;
  }

  number(n: number): Address {
    return this.#e.qjs_new_number(n);
  }

  /** The text of a value; runs code of the guest where it is no string. */
  textOf(value: Address): string {
    const at = this.#e.qjs_get_string_len(value, this.#scratch);
    if (at === 0) throw new GuestError('TypeError', 'the value has no text', '');
    const length = new Uint32Array(this.#memory(), this.#scratch, 1)[0] as number;
    const text = decoder.decode(new Uint8Array(this.#memory(), at, length));
    this.#e.qjs_free_cstring(at);
    return text;
  }

  /** The bytes of an ArrayBuffer of the guest's: valid until the guest runs again. */
  bytesOf(buffer: Address): { readonly memory: ArrayBuffer; readonly at: Address; readonly length: number } {
    const at = this.#e.qjs_get_array_buffer(buffer, this.#scratch);
    return { memory: this.#memory(), at, length: new Uint32Array(this.#memory(), this.#scratch, 1)[0] as number };
  }

  /** An ArrayBuffer whose first 32 bits tell the row that is being computed. */
  watchProgress(buffer: Address): void {
    this.#progress = this.bytesOf(buffer).at;
  }

  free(value: Address): void {
    this.#e.qjs_free_value(value);
  }

  #malloc(bytes: number): Address {
    const at = this.#e.wasm_malloc(bytes);
    if (at === 0) {
      this.#broken = true;
      throw new GuestError('InternalError', 'out of memory', '', 'memory');
    }
    return at;
  }

  #write(text: string): { readonly at: Address; readonly length: number } {
    const bytes = encoder.encode(text);
    const at = this.#malloc(bytes.length + 1);
    const memory = new Uint8Array(this.#memory());
    memory.set(bytes, at);
    memory[at + bytes.length] = 0;
    return { at, length: bytes.length };
  }
}
