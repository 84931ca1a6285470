// A private file system in memory, as far as this package uses one, for what a browser's can't be made to do.

/** What a fake file system does otherwise than a healthy one. */
export interface OpfsFaults {
  /** Called before a file is written; what it throws is what writing rejects with. */
  beforeWrite?: (name: string) => void | Promise<void>;
  /** Called before a file is read. */
  beforeRead?: (name: string) => void | Promise<void>;
}

/** A file of a fake file system. */
class File {
  readonly kind = 'file';
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  readonly #name: string;
  readonly #faults: OpfsFaults;

  constructor(name: string, faults: OpfsFaults) {
    this.#name = name;
    this.#faults = faults;
  }

  async getFile() {
    await this.#faults.beforeRead?.(this.#name);
    const { bytes } = this;
    return { size: bytes.length, arrayBuffer: () => Promise.resolve(bytes.slice().buffer) };
  }

  async createWritable() {
    await this.#faults.beforeWrite?.(this.#name);
    let next = this.bytes.slice();
    const resize = (size: number): Promise<void> => {
      const grown = new Uint8Array(size);
      grown.set(next.subarray(0, size));
      next = grown;
      return Promise.resolve();
    };
    return {
      async write({ position, data }: { position: number; data: Uint8Array }) {
        if (position + data.length > next.length) await resize(position + data.length);
        next.set(data, position);
      },
      truncate: resize,
      close: () => {
        this.bytes = next;
        return Promise.resolve();
      },
      abort: () => Promise.resolve(),
    };
  }
}

/** A folder of a fake file system. */
class Folder {
  readonly kind = 'directory';
  readonly members = new Map<string, File | Folder>();
  readonly #faults: OpfsFaults;

  constructor(faults: OpfsFaults) {
    this.#faults = faults;
  }

  getDirectoryHandle(name: string, options?: { create?: boolean }) {
    return this.#get(name, () => new Folder(this.#faults), options);
  }
  getFileHandle(name: string, options?: { create?: boolean }) {
    return this.#get(name, () => new File(name, this.#faults), options);
  }
  removeEntry(name: string) {
    this.members.delete(name);
    return Promise.resolve();
  }
  async *keys() {
    yield* await Promise.resolve([...this.members.keys()]);
  }
  async *[Symbol.asyncIterator]() {
    yield* await Promise.resolve([...this.members]);
  }

  #get(name: string, make: () => File | Folder, { create = false } = {}) {
    const there = this.members.get(name) ?? (create ? make() : undefined);
    if (!there) return Promise.reject(new DOMException(name, 'NotFoundError'));
    this.members.set(name, there);
    return Promise.resolve(there);
  }
}

/** A fake file system and Web Locks in place of `navigator`'s, until `restore` is called. */
export function fakeOpfs() {
  const faults: OpfsFaults = {};
  const root = new Folder(faults);
  const held = new Set<string>();
  const old = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const request = async (
    name: string,
    _options: unknown,
    work: (lock: object | null) => Promise<void> | undefined,
  ): Promise<void> => {
    if (held.has(name)) return work(null);
    held.add(name);
    try {
      await work({});
    } finally {
      held.delete(name);
    }
  };
  const navigator = {
    storage: { getDirectory: () => Promise.resolve(root) },
    locks: {
      query: () => Promise.resolve({ held: [...held].map((name) => ({ name })) }),
      request,
    },
  };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  /** The files below a path, by their names. */
  const files = (path = ''): Map<string, Uint8Array<ArrayBuffer>> => {
    const found = new Map<string, Uint8Array<ArrayBuffer>>();
    const visit = ({ members }: Folder, at: string): void => {
      for (const [name, member] of members)
        if (member.kind === 'file') found.set(at + name, member.bytes);
        else visit(member, `${at}${name}/`);
    };
    visit(root, '');
    return new Map([...found].filter(([name]) => name.startsWith(path)));
  };
  return {
    faults,
    /** The names that are locked. */
    held,
    files,
    restore: () => {
      if (old) Object.defineProperty(globalThis, 'navigator', old);
    },
  };
}
