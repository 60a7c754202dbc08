import type { ErrorRecord, LateRecord } from './api.ts';

/** Records of refused and of late rows kept between two barriers. */
const RECORDS_PER_EPOCH = 1000;
/** Bytes kept of a record that could not be read. */
const RAW_MAX = 16_384;

/** The rows that one job on one worker could not take: how many since its start, and those since the last barrier. */
export class JobRecords {
  rowsLate = 0;
  rowsBad = 0;
  #errors: ErrorRecord[] = [];
  #late: LateRecord[] = [];

  /** Of too many the last are kept: they tell of what goes wrong now. */
  refused(record: ErrorRecord): void {
    const { raw } = record;
    if (this.#errors.push(raw === null || raw.length <= RAW_MAX ? record : { ...record, raw: raw.slice(0, RAW_MAX) }) > RECORDS_PER_EPOCH) this.#errors.shift();
  }
  /** Asked first, since a record's text costs more than counting the row. */
  get wantsLate(): boolean {
    return this.#late.length < RECORDS_PER_EPOCH;
  }
  late(record: LateRecord): void {
    this.#late.push(record);
  }
  /** What has come since the last call. */
  take(): { readonly errors: readonly ErrorRecord[]; readonly late: readonly LateRecord[] } {
    const taken = { errors: this.#errors, late: this.#late };
    this.#errors = [];
    this.#late = [];
    return taken;
  }
}
