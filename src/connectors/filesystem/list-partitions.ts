import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SqlError } from '../../common/errors.ts';
import type { ConnectorContext, Partition, PartitionsSpec } from '../api.ts';
import { defaultName, partitionName, partitionValues } from './partitions.ts';
import { hidden, rootPath } from './splits.ts';

/**
 * The partitions of a table: the folders whose path gives all its columns, whether or not files are in them. Folders are
 * looked through as for reading, so that hidden ones are left out, and folders of other names may lie between.
 */
export async function listPartitions({ options, partitionedBy }: PartitionsSpec, context: ConnectorContext): Promise<readonly Partition[]> {
  const nullName = defaultName(options);
  const found = new Map<string, Partition>();
  /** Whether the folder is a partition. */
  const take = (folder: string): boolean => {
    const given = partitionValues(folder, partitionedBy, nullName);
    if (given.size < partitionedBy.length) return false;
    const values = partitionedBy.map((c) => given.get(c) ?? null);
    const name = partitionName(partitionedBy, values, nullName);
    found.set(name, { name, values });
    return true;
  };
  const walk = async (folder: string): Promise<void> => {
    if (take(folder)) return;
    // A folder may go while others are looked at.
    for (const e of await readdir(folder, { withFileTypes: true }).catch(unlessMissing([]))) if (e.isDirectory() && !hidden(e.name)) await walk(join(folder, e.name));
  };
  const root = rootPath(options, context);
  try {
    // The table's folder comes with its first row.
    const info = await stat(root).catch(unlessMissing(null));
    if (info?.isDirectory() === true) await walk(root);
    else if (info !== null) take(dirname(root));
  } catch (e) {
    throw new SqlError('io_error', `could not list "${root}"`, { detail: e instanceof Error ? `${e.message}.` : undefined, cause: e });
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function unlessMissing<T>(other: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return other;
    throw error;
  };
}
