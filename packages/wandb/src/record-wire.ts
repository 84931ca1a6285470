import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { artifact } from './wire-artifact.ts';
import { item, itemKey } from './wire-item.ts';
import { metric } from './wire-metric.ts';
import { timestamp, wholeSeconds } from './wire-time.ts';
import type {
  AlertRecord,
  ExitRecord,
  FileRecord,
  HistoryRecord,
  ItemsRecord,
  LogRecord,
  OutputRecord,
  RunRecord,
  StatsRecord,
  TelemetryRecord,
} from './record.ts';
import {
  type Codec,
  constant,
  convert,
  flag,
  int32,
  int64,
  list,
  message,
  oneOf,
  optional,
  optionalList,
  required,
  text,
} from './wire-codec.ts';

/** The oldest client that may read what is written here, as the official client states it. */
const MIN_CONSUMER = '0.70.0';

const items = message<ItemsRecord>({ update: list(1, item), remove: optionalList(2, itemKey) });

const run = message<RunRecord>({
  runId: required(1, text, ''),
  entity: optional(2, text),
  project: required(3, text, ''),
  config: optional(
    4,
    convert(
      items,
      (update) => ({ update }),
      ({ update }) => update,
    ),
  ),
  group: optional(6, text),
  jobType: optional(7, text),
  displayName: optional(8, text),
  notes: optional(9, text),
  tags: optionalList(10, text),
  host: optional(13, text),
  startingStep: optional(14, int64),
  startTime: optional(17, timestamp),
  resumed: optional(18, flag),
  runtime: optional(20, wholeSeconds),
  git: optional(
    21,
    message<NonNullable<RunRecord['git']>>({
      remoteUrl: required(1, text, ''),
      commit: required(2, text, ''),
    }),
  ),
  // Numbers that the official client does not use, and passes over.
  base: optional(
    10_001,
    message<NonNullable<RunRecord['base']>>({
      history: required(1, int64, 0),
      events: required(2, int64, 0),
      output: required(3, int64, 0),
    }),
  ),
  earlier: optional(10_002, text),
});

const versionInfo = message<{ producer: string }>({ producer: required(1, text, '') }, [
  constant(2, text, MIN_CONSUMER),
]);

const header = convert(
  message<{ versionInfo: { producer: string } }>({
    versionInfo: required(1, versionInfo, { producer: '' }),
  }),
  ({ producer }: { readonly producer: string }) => ({ versionInfo: { producer } }),
  ({ versionInfo: { producer } }) => ({ producer }),
);

const history = message<HistoryRecord>({
  items: list(1, item),
  step: required(
    2,
    convert(
      message<{ num: number }>({ num: required(1, int64, 0) }),
      (num) => ({ num }),
      ({ num }) => num,
    ),
    0,
  ),
});

const stats = message<StatsRecord>({ timestamp: required(2, timestamp, 0), items: list(3, item) });

const output = message<OutputRecord>({
  stream: required(1, oneOf('stderr', 'stdout'), 'stderr'),
  timestamp: required(2, timestamp, 0),
  text: required(3, text, ''),
});

const file = message<FileRecord>({
  path: required(1, text, ''),
  policy: required(2, oneOf('now', 'end', 'live'), 'now'),
  type: required(3, oneOf('other', 'wandb', 'media', 'artifact'), 'other'),
});

const files = convert(
  message<{ files: readonly FileRecord[] }>({ files: list(1, file) }),
  (list: readonly FileRecord[]) => ({ files: list }),
  (wire) => wire.files,
);

const telemetry = message<TelemetryRecord>({
  cliVersion: required(5, text, ''),
  platform: required(13, text, ''),
});

/** On the wire it is milliseconds that an alert's wait is counted in. */
const waitDuration = convert(
  int64,
  (seconds: number) => Math.round(seconds * 1000),
  (milliseconds) => milliseconds / 1000,
);

const alert = message<AlertRecord>({
  title: required(1, text, ''),
  text: required(2, text, ''),
  level: required(
    3,
    convert<AlertRecord['level'], string>(
      text,
      (level) => level,
      (level) => (level === 'WARN' || level === 'ERROR' ? level : 'INFO'),
    ),
    'INFO',
  ),
  waitDuration: optional(4, waitDuration),
});

const exit = message<ExitRecord>({
  exitCode: required(1, int32, 0),
  runtime: required(2, wholeSeconds, 0),
});

type MemberOf<R> = R extends unknown ? { [K in keyof R]: [K, R[K]] }[keyof R] : never;
type Kinds = { readonly [M in MemberOf<LogRecord> as M[0]]: readonly [number, Codec<M[1]>] };

/** The field of the protocol's `Record` that each kind is, and how its value is written. */
const KINDS: Kinds = {
  history: [2, history],
  summary: [3, items],
  config: [5, items],
  files: [6, files],
  stats: [7, stats],
  artifact: [8, artifact],
  alert: [10, alert],
  telemetry: [11, telemetry],
  metric: [12, metric],
  // `output_raw`: the official client no longer reads the older `output`.
  output: [13, output],
  run: [17, run],
  exit: [18, exit],
  header: [21, header],
};

const NUMBER = 1;

const kinds = new Map(Object.entries(KINDS) as [string, readonly [number, Codec<unknown>]][]);
const kindsByNumber = new Map(
  [...kinds].map(([kind, [number, codec]]) => [number, { kind, codec }]),
);

/** What a log holds at one place: a record, `undefined` where it is of a kind that isn't known here, and its number. */
export interface NumberedRecord {
  /** From 1, one more for each record. */
  readonly num: number;
  readonly record: LogRecord | undefined;
}

/**
 * A record as a message of the official client's protocol (`wandb_internal.Record`), with fields in the order of their
 * numbers.
 *
 * What proto3 doesn't write, an empty text, 0 or false, is missing when it is read again. Seconds are rounded to whole
 * ones, times to nanoseconds. Throws a TypeError if the record is of no known kind or has another number of members
 * than one: a message without a kind stops the official client.
 */
export function encodeRecord(record: LogRecord, num: number): Uint8Array {
  const [entry, ...more] = Object.entries(record) as [string, unknown][];
  const [kind, value] = entry ?? [];
  const [number, codec] = kinds.get(kind ?? '') ?? [];
  if (number === undefined || codec === undefined || more.length > 0)
    throw new TypeError(
      `encodeRecord: a record must have one member of ${[...kinds.keys()].join(', ')}, got ${Object.keys(record).join(', ') || 'none'}`,
    );
  const used = writer ?? new BinaryWriter();
  // Not kept where something is thrown, or where it has grown large.
  writer = undefined;
  used.tag(NUMBER, WireType.Varint).int64(num).tag(number, codec.wireType);
  codec.write(used, value);
  const bytes = used.finish();
  if (bytes.length <= KEPT_SIZE) writer = used;
  return bytes;
}

/** Its buffer is used again: a new one takes longer than a row. */
let writer: BinaryWriter | undefined;
const KEPT_SIZE = 65_536;

/**
 * Reads a message of the official client's protocol. Fields that aren't known here are passed over; throws where the
 * bytes are no message.
 */
export function decodeRecord(bytes: Uint8Array): NumberedRecord {
  const reader = new BinaryReader(bytes);
  let num = 0;
  let record: LogRecord | undefined;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const known = kindsByNumber.get(number);
    if (number === NUMBER && wireType === WireType.Varint) num = Number(reader.int64());
    else if (known?.codec.wireType === wireType)
      record = { [known.kind]: known.codec.read(reader) } as LogRecord;
    else reader.skip(wireType, number);
  }
  return { num, record };
}
