import { type BinaryReader, type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** How a value stands in a protobuf message. */
export interface Codec<T> {
  readonly wireType: WireType;
  write(writer: BinaryWriter, value: T): void;
  read(reader: BinaryReader): T;
  /** Whether proto3 leaves the value out, as it is what a reader takes for a missing one. */
  isDefault(value: T): boolean;
}

/** A member of a message: adds itself to what is written, and to what was read. */
export interface Field<T> {
  readonly number: number;
  readonly wireType: WireType;
  write(writer: BinaryWriter, value: T | undefined): void;
  /** What the member is after another occurrence of the field. */
  read(reader: BinaryReader, before: T | undefined): T;
  /** What a missing field means; `undefined` leaves the member out. */
  readonly missing: T | undefined;
}

/** A field for each member; one that may be missing has no value for that case. */
export type Fields<T> = {
  readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>>;
};

/** UTF-8. */
export const text: Codec<string> = {
  wireType: WireType.LengthDelimited,
  write: (writer, value) => void writer.string(value),
  read: (reader) => reader.string(),
  isDefault: (value) => value === '',
};

/** True or false. */
export const flag: Codec<boolean> = {
  wireType: WireType.Varint,
  write: (writer, value) => void writer.bool(value),
  read: (reader) => reader.bool(),
  isDefault: (value) => !value,
};

/** A whole number of 32 bits, or an enumeration's. */
export const int32: Codec<number> = {
  wireType: WireType.Varint,
  write: (writer, value) => void writer.int32(value),
  read: (reader) => reader.int32(),
  isDefault: (value) => value === 0,
};

/** A whole number of 64 bits, of which a number holds those up to 2⁵³ exactly. */
export const int64: Codec<number> = {
  wireType: WireType.Varint,
  write: (writer, value) => void writer.int64(value),
  read: (reader) => Number(reader.int64()),
  isDefault: (value) => value === 0,
};

/** One of some names, in the order of their numbers from 0. */
export function oneOf<T extends string>(...names: readonly [T, ...T[]]): Codec<T> {
  return convert(
    int32,
    (name) => names.indexOf(name),
    (index) => names[index] ?? names[0],
  );
}

/** What another codec writes, in other words. */
export function convert<T, W>(
  codec: Codec<W>,
  to: (value: T) => W,
  from: (wire: W) => T,
): Codec<T> {
  return {
    wireType: codec.wireType,
    write: (writer, value) => codec.write(writer, to(value)),
    read: (reader) => from(codec.read(reader)),
    isDefault: (value) => codec.isDefault(to(value)),
  };
}

/** A field that may be missing; a value that proto3 leaves out is missing when it is read. */
export function optional<T>(number: number, codec: Codec<T>): Field<T> {
  return {
    number,
    wireType: codec.wireType,
    write(writer, value) {
      if (value === undefined || codec.isDefault(value)) return;
      writer.tag(number, codec.wireType);
      codec.write(writer, value);
    },
    read: (reader) => codec.read(reader),
    missing: undefined,
  };
}

/** A field that always has a value: `missing` where the message leaves it out. */
export function required<T>(number: number, codec: Codec<T>, missing: T): Field<T> {
  return { ...optional(number, codec), missing };
}

/** A list, which may be missing. */
export function optionalList<T>(number: number, codec: Codec<T>): Field<readonly T[]> {
  return {
    number,
    wireType: codec.wireType,
    write(writer, values = []) {
      for (const value of values) {
        writer.tag(number, codec.wireType);
        codec.write(writer, value);
      }
    },
    read: (reader, before = []) => {
      const values = before as T[];
      values.push(codec.read(reader));
      return values;
    },
    missing: undefined,
  };
}

/** A list, empty where nothing is written. */
export function list<T>(number: number, codec: Codec<T>): Field<readonly T[]> {
  const field = optionalList(number, codec);
  return {
    ...field,
    // Each message gets a list of its own.
    get missing() {
      return [];
    },
  };
}

/** A field that has the same value in every message. */
export function constant<T>(number: number, codec: Codec<T>, value: T): Field<never> {
  const field = optional(number, codec);
  return {
    number,
    wireType: codec.wireType,
    write: (writer) => field.write(writer, value),
    read: (reader) => field.read(reader, undefined) as never,
    missing: undefined,
  };
}

/**
 * A message within another: its fields are written in the order of their numbers, as the official encoders do, and
 * those that it doesn't know are passed over.
 */
export function message<T extends object>(
  fields: Fields<T>,
  constants: readonly Field<never>[] = [],
): Codec<T> {
  const named = Object.entries(fields as Fields<Record<string, unknown>>);
  const ordered = [
    ...named,
    ...constants.map((field) => [undefined, field] as [undefined, Field<unknown>]),
  ].sort(([, a], [, b]) => a.number - b.number);
  const byNumber = new Map(named.map((entry) => [entry[1].number, entry]));
  return {
    wireType: WireType.LengthDelimited,
    write(writer, value) {
      const values = value as Readonly<Record<string, unknown>>;
      writer.fork();
      for (const [name, field] of ordered)
        field.write(writer, name === undefined ? undefined : values[name]);
      writer.join();
    },
    read(reader) {
      const end = reader.uint32() + reader.pos;
      const values: Record<string, unknown> = {};
      while (reader.pos < end) {
        const [number, wireType] = reader.tag();
        const [name, field] = byNumber.get(number) ?? [];
        if (name !== undefined && field?.wireType === wireType)
          values[name] = field.read(reader, values[name]);
        else reader.skip(wireType, number);
      }
      if (reader.pos !== end)
        throw new RangeError('a field is longer than the message that holds it');
      for (const [name, field] of named) {
        const { missing } = field;
        if (values[name] === undefined && missing !== undefined) values[name] = missing;
      }
      return values as T;
    },
    isDefault: () => false,
  };
}
