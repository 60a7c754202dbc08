import { describe, expect, it } from 'vitest';
import { memoryStore, MemoryContent } from './memory.ts';
import { storeContract } from './testing/contract.ts';

describe('memoryStore', () => {
  storeContract(async () => {
    const content = new MemoryContent();
    return { store: memoryStore(content), reopen: async () => memoryStore(content) };
  });

  it('fences off the store that was open before', async () => {
    const content = new MemoryContent();
    const before = memoryStore(content);
    memoryStore(content);
    await expect(before.writeCatalog(new Map([['a', 1]]))).rejects.toThrow('another has opened');
  });
});
