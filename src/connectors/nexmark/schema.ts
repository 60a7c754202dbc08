import type { Schema } from '../../common/batch/batch.ts';
import { BIGINT, INT, TEXT, type SqlType } from '../../common/types/sql-type.ts';

const TIMESTAMP3: SqlType = { kind: 'timestamp', precision: 3 };

const fields = (names: readonly (readonly [string, SqlType])[]): Schema => names.map(([name, type]) => ({ name, type, nullable: false }));

/** The benchmark's views, by event kind. */
export const PERSON_SCHEMA: Schema = fields([
  ['id', BIGINT], ['name', TEXT], ['emailAddress', TEXT], ['creditCard', TEXT], ['city', TEXT], ['state', TEXT], ['dateTime', TIMESTAMP3], ['extra', TEXT],
]);
export const AUCTION_SCHEMA: Schema = fields([
  ['id', BIGINT], ['itemName', TEXT], ['description', TEXT], ['initialBid', BIGINT], ['reserve', BIGINT], ['dateTime', TIMESTAMP3],
  ['expires', TIMESTAMP3], ['seller', BIGINT], ['category', BIGINT], ['extra', TEXT],
]);
export const BID_SCHEMA: Schema = fields([
  ['auction', BIGINT], ['bidder', BIGINT], ['price', BIGINT], ['channel', TEXT], ['url', TEXT], ['dateTime', TIMESTAMP3], ['extra', TEXT],
]);

const rowOf = (schema: Schema): SqlType => ({ kind: 'row', fields: schema.map((f) => ({ name: f.name, type: f.type })) });

/** The benchmark's one table: kind 0 person, 1 auction, 2 bid; the two other rows are NULL. */
export const EVENT_SCHEMA: Schema = [
  { name: 'event_type', type: INT, nullable: false },
  { name: 'person', type: rowOf(PERSON_SCHEMA), nullable: true },
  { name: 'auction', type: rowOf(AUCTION_SCHEMA), nullable: true },
  { name: 'bid', type: rowOf(BID_SCHEMA), nullable: true },
];

export type NexmarkTable = 'person' | 'auction' | 'bid';
export const TABLE_SCHEMAS: Readonly<Record<NexmarkTable, Schema>> = { person: PERSON_SCHEMA, auction: AUCTION_SCHEMA, bid: BID_SCHEMA };

export function isNexmarkTable(text: string | undefined): text is NexmarkTable {
  return text === 'person' || text === 'auction' || text === 'bid';
}
