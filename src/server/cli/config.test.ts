import { describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigSources } from './config.ts';

const sources = (given: Partial<ConfigSources>): ConfigSources => ({ flags: {}, environment: {}, file: null, cores: 4, ...given });

describe('configuration', () => {
  it('has defaults, the parallelism from the machine', () => {
    expect(resolveConfig(sources({}))).toEqual({
      host: '127.0.0.1', port: 5455, dataDir: './millrace-data', parallelism: 4, epochIntervalMs: 100, checkpointIntervalMs: 1000, maxConnections: 100, logLevel: 'info',
    });
  });

  it('takes the flag over the environment over the file', () => {
    const file = { path: 'm.conf', text: '# a comment\nport = 1\nparallelism = 2 # two\ndata-dir = /a b\n' };
    const config = resolveConfig(sources({ file, environment: { MILLRACE_PORT: '2', MILLRACE_PARALLELISM: '3' }, flags: { port: '5' } }));
    expect([config.port, config.parallelism, config.dataDir]).toEqual([5, 3, '/a b']);
  });

  it('reads a JSON file', () => {
    expect(resolveConfig(sources({ file: { path: 'm.json', text: '{"port": 7, "log-level": "warn"}' } }))).toMatchObject({ port: 7, logLevel: 'warn' });
  });

  it.each([
    [{ flags: { port: '99999' } }, '--port is "99999"'],
    [{ environment: { MILLRACE_PARALLELISM: '0' } }, 'MILLRACE_PARALLELISM is "0"'],
    [{ file: { path: 'm.conf', text: 'prot = 1' } }, 'unknown option "prot" in m.conf'],
    [{ file: { path: 'm.conf', text: 'port' } }, 'line 1 of m.conf is not "name = value"'],
    [{ file: { path: 'm.json', text: '{' } }, 'm.json is not valid JSON'],
    [{ flags: { 'log-level': 'loud' } }, '--log-level is "loud"'],
  ])('refuses %j', (given, message) => {
    expect(() => resolveConfig(sources(given))).toThrow(message);
  });
});
