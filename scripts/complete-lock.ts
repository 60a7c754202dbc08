import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Completes package-lock.json after `npm install`: a registry mirror that lacks the packages of other platforms leaves
 * them out, and `npm ci` then refuses the lock. Adds their entries (name, version, platform) from the packages that list
 * them as optional. Run it once after every change of a dependency: `npm run lock`.
 */
interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, unknown> };
const packages = lock.packages as Record<string, LockEntry>;
/** `@scope/binding-linux-x64-gnu`, `@scope/node-bindings-linux-x64`, `@scope/linux-x64`. */
const PLATFORM = /^@[^/]+\/(?:binding-|node-bindings-)?(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-([a-z]+))?$/;
let added = 0;
for (const entry of Object.values(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const platform = PLATFORM.exec(name);
    const key = `node_modules/${name}`;
    if (platform === null || packages[key] !== undefined) continue;
    const [, os, cpu, abi] = platform;
    const libc = abi === 'musl' ? ['musl'] : abi === 'gnu' ? ['glibc'] : undefined;
    lock.packages[key] = {
      version: version.replace(/^[~^]/, ''), cpu: [cpu], ...(entry.dev === true ? { dev: true } : {}), ...(libc === undefined ? {} : { libc }), optional: true, os: [os],
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} entries added`);
