import { i64Column, type Column } from '../../common/batch/column.ts';
import { mix32 } from '../random.ts';
import {
  CHANNEL_COUNT, HOT_CHANNELS, FILLER_BYTES, channels, cities, creditCards, descriptions, emails, filler, itemNames, personNames, states, urls,
  type Words,
} from './words.ts';

/** The parameters of a run; proportions are the counts of each kind in one round of `total` events. */
export interface NexmarkConfig {
  readonly person: number;
  readonly auction: number;
  readonly bid: number;
  readonly total: number;
  /** Event time between two events, microseconds. */
  readonly delayUs: number;
  readonly seed: number;
}

/**
 * The events to make columns for: event number = `epoch * total + offset`. An event's fields are a function of its
 * number and the seed alone. The shape of the data (hot ratios, ids in flight, price curve, sizes) follows the generator
 * of the Nexmark benchmark for Flink.
 */
export interface Events {
  readonly count: number;
  readonly epoch: Float64Array;
  readonly offset: Int32Array;
  readonly baseMs: number;
}
export type Kernel = (c: NexmarkConfig, e: Events) => Column;

const FIRST_ID = 1000;
const FIRST_CATEGORY = 10;
const LEAD = 10;
const HOT_BLOCK = 100;
const HOT_AUCTION_RATIO = 2;
const HOT_SELLERS_RATIO = 4;
const HOT_BIDDERS_RATIO = 4;
const IN_FLIGHT_AUCTIONS = 100;
const ACTIVE_PEOPLE = 1000;
const TWO32 = 0x1_0000_0000;

/** Each use of randomness in an event has its own salt. */
const SALT = { auction: 1, bidder: 2, price: 3, channel: 4, extra: 5, seller: 6, category: 7, initial: 8, reserve: 9, expires: 10, name: 11, desc: 12, email: 13, card: 14, city: 15, state: 16 };

/** Uniform in [0, n) from a signed 32-bit hash. */
const below = (h: number, n: number): number => Math.floor(((h >>> 0) / TWO32) * n);

// 10^(6 r) * 100 from two tables of 1024 entries: 20 bits of r, no Math.pow per row.
const COARSE = Float64Array.from({ length: 1024 }, (_, i) => 100 * 10 ** ((6 * i) / 1024));
const FINE = Float64Array.from({ length: 1024 }, (_, i) => 10 ** ((6 * i) / 1024 / 1024));
const priceOf = (h: number): number => Math.round((COARSE[h >>> 22] as number) * (FINE[(h >>> 12) & 1023] as number));

const lastAuction = (c: NexmarkConfig, epoch: number, offset: number): number =>
  offset < c.person
    ? (epoch - 1) * c.auction + c.auction - 1
    : offset >= c.person + c.auction
      ? epoch * c.auction + c.auction - 1
      : epoch * c.auction + offset - c.person;

const lastPerson = (c: NexmarkConfig, epoch: number, offset: number): number =>
  epoch * c.person + (offset >= c.person ? c.person - 1 : offset);

const somePerson = (last: number, h: number): number => {
  const people = last + 1;
  const active = Math.min(people, ACTIVE_PEOPLE);
  return people - active + below(h, active + LEAD);
};

const timestampMs = (c: NexmarkConfig, e: Events, i: number): number =>
  e.baseMs + Math.floor((((e.epoch[i] as number) * c.total + (e.offset[i] as number)) * c.delayUs) / 1000);

/** The low word of the event number: what randomness is drawn from. */
const key = (c: NexmarkConfig, e: Events, i: number): number => (Math.imul(e.epoch[i] as number, c.total) + (e.offset[i] as number)) | 0;

/** Fills a BIGINT column from a function of the row; values are integers below 2^53, 0 or more. */
function int64(e: Events, value: (i: number) => number): Column {
  const column = i64Column(new BigInt64Array(e.count), null);
  const words = column.words;
  for (let i = 0; i < e.count; i++) {
    const v = value(i);
    if (v < 0x8000_0000) words[2 * i] = v;
    else {
      const hi = Math.floor(v / TWO32);
      words[2 * i] = v - hi * TWO32;
      words[2 * i + 1] = hi;
    }
  }
  return column;
}

function pick(c: NexmarkConfig, e: Events, words: Words, salt: number): Column {
  const offsets = new Int32Array(e.count);
  const lengths = new Int32Array(e.count);
  const n = words.offsets.length;
  for (let i = 0; i < e.count; i++) {
    const k = below(mix32(c.seed, key(c, e, i), salt), n);
    offsets[i] = words.offsets[k] as number;
    lengths[i] = words.lengths[k] as number;
  }
  return { physical: 'bytes', data: words.data, offsets, lengths, nulls: null };
}

/** Half of the bids go to the four hot channels. */
function channelLike(c: NexmarkConfig, e: Events, words: Words): Column {
  const offsets = new Int32Array(e.count);
  const lengths = new Int32Array(e.count);
  for (let i = 0; i < e.count; i++) {
    const h = mix32(c.seed, key(c, e, i), SALT.channel);
    const k = (h & 1) === 1 ? (h >>> 1) & (HOT_CHANNELS - 1) : HOT_CHANNELS + below(h, CHANNEL_COUNT - HOT_CHANNELS);
    offsets[i] = words.offsets[k] as number;
    lengths[i] = words.lengths[k] as number;
  }
  return { physical: 'bytes', data: words.data, offsets, lengths, nulls: null };
}

/** `extra`: a slice of filler of `average` bytes, give or take a fifth. */
const extra = (average: number): Kernel => (c, e) => {
  const data = filler();
  const offsets = new Int32Array(e.count);
  const lengths = new Int32Array(e.count);
  const delta = Math.round(average * 0.2);
  for (let i = 0; i < e.count; i++) {
    const h = mix32(c.seed, key(c, e, i), SALT.extra);
    const length = average - delta + below(Math.imul(h, 0x9e3779b1), 2 * delta);
    lengths[i] = length;
    offsets[i] = below(h, FILLER_BYTES - 2 * average);
  }
  return { physical: 'bytes', data, offsets, lengths, nulls: null };
};

/** All of these are written as loops of their own: a shared loop taking closures turns megamorphic. */
export const dateTime: Kernel = (c, e) => {
  const column = i64Column(new BigInt64Array(e.count), null);
  const words = column.words;
  const { epoch, offset, baseMs } = e;
  const { total, delayUs } = c;
  for (let i = 0; i < e.count; i++) {
    const us = (baseMs + Math.floor((((epoch[i] as number) * total + (offset[i] as number)) * delayUs) / 1000)) * 1000;
    const hi = Math.floor(us / TWO32);
    words[2 * i] = us - hi * TWO32;
    words[2 * i + 1] = hi;
  }
  return column;
};

const bidAuction: Kernel = (c, e) => {
  const column = i64Column(new BigInt64Array(e.count), null);
  const words = column.words;
  for (let i = 0; i < e.count; i++) {
    const h = mix32(c.seed, key(c, e, i), SALT.auction);
    const last = lastAuction(c, e.epoch[i] as number, e.offset[i] as number);
    let v: number;
    if ((h & (HOT_AUCTION_RATIO - 1)) > 0) v = Math.floor(last / HOT_BLOCK) * HOT_BLOCK;
    else {
      const min = last > IN_FLIGHT_AUCTIONS ? last - IN_FLIGHT_AUCTIONS : 0;
      v = min + below(h, last - min + 1 + LEAD);
    }
    v += FIRST_ID;
    if (v < 0x8000_0000) words[2 * i] = v;
    else {
      const hi = Math.floor(v / TWO32);
      words[2 * i] = v - hi * TWO32;
      words[2 * i + 1] = hi;
    }
  }
  return column;
};

const bidBidder: Kernel = (c, e) => {
  const column = i64Column(new BigInt64Array(e.count), null);
  const words = column.words;
  for (let i = 0; i < e.count; i++) {
    const h = mix32(c.seed, key(c, e, i), SALT.bidder);
    const last = lastPerson(c, e.epoch[i] as number, e.offset[i] as number);
    // The second person of the block, so that hot bidders and hot sellers differ.
    const v = ((h & (HOT_BIDDERS_RATIO - 1)) > 0 ? Math.floor(last / HOT_BLOCK) * HOT_BLOCK + 1 : somePerson(last, h)) + FIRST_ID;
    if (v < 0x8000_0000) words[2 * i] = v;
    else {
      const hi = Math.floor(v / TWO32);
      words[2 * i] = v - hi * TWO32;
      words[2 * i + 1] = hi;
    }
  }
  return column;
};

const bidPrice: Kernel = (c, e) => {
  const column = i64Column(new BigInt64Array(e.count), null);
  const words = column.words;
  // At most 10^8: fits the low word.
  for (let i = 0; i < e.count; i++) words[2 * i] = priceOf(mix32(c.seed, key(c, e, i), SALT.price));
  return column;
};

export const BID_KERNELS: Readonly<Record<string, Kernel>> = {
  auction: bidAuction,
  bidder: bidBidder,
  price: bidPrice,
  channel: (c, e) => channelLike(c, e, channels()),
  url: (c, e) => channelLike(c, e, urls()),
  dateTime,
  extra: extra(68),
};

const initialBid = (c: NexmarkConfig, e: Events, i: number): number => priceOf(mix32(c.seed, key(c, e, i), SALT.initial));

export const AUCTION_KERNELS: Readonly<Record<string, Kernel>> = {
  id: (c, e) => int64(e, (i) => lastAuction(c, e.epoch[i] as number, e.offset[i] as number) + FIRST_ID),
  itemName: (c, e) => pick(c, e, itemNames(), SALT.name),
  description: (c, e) => pick(c, e, descriptions(), SALT.desc),
  initialBid: (c, e) => int64(e, (i) => initialBid(c, e, i)),
  reserve: (c, e) => int64(e, (i) => initialBid(c, e, i) + priceOf(mix32(c.seed, key(c, e, i), SALT.reserve))),
  dateTime,
  expires: (c, e) => {
    // On average an auction lives until as many auctions as are in flight have followed it.
    const events = Math.floor((IN_FLIGHT_AUCTIONS * c.total) / c.auction);
    const horizonMs = Math.floor((events * c.delayUs) / 1000);
    return int64(e, (i) => (timestampMs(c, e, i) + 1 + below(mix32(c.seed, key(c, e, i), SALT.expires), Math.max(horizonMs * 2, 1))) * 1000);
  },
  seller: (c, e) =>
    int64(e, (i) => {
      const h = mix32(c.seed, key(c, e, i), SALT.seller);
      const last = lastPerson(c, e.epoch[i] as number, e.offset[i] as number);
      return ((h & (HOT_SELLERS_RATIO - 1)) > 0 ? Math.floor(last / HOT_BLOCK) * HOT_BLOCK : somePerson(last, h)) + FIRST_ID;
    }),
  category: (c, e) => int64(e, (i) => FIRST_CATEGORY + below(mix32(c.seed, key(c, e, i), SALT.category), 5)),
  extra: extra(390),
};

export const PERSON_KERNELS: Readonly<Record<string, Kernel>> = {
  id: (c, e) => int64(e, (i) => lastPerson(c, e.epoch[i] as number, e.offset[i] as number) + FIRST_ID),
  name: (c, e) => pick(c, e, personNames(), SALT.name),
  emailAddress: (c, e) => pick(c, e, emails(), SALT.email),
  creditCard: (c, e) => pick(c, e, creditCards(), SALT.card),
  city: (c, e) => pick(c, e, cities(), SALT.city),
  state: (c, e) => pick(c, e, states(), SALT.state),
  dateTime,
  extra: extra(130),
};
