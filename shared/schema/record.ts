import { AgentError } from '#shared/errors.ts';

/**
 * Shapes of the session link's messages. Unlike those of a host's requests (schema.ts) they ignore members they do not
 * know: the two agents may be of different releases (D8). Every number, text and list has a bound (S5).
 */
export interface Shape<T> {
  /** @throws {AgentError} 'malformed', naming the member */
  read(value: unknown, name: string): T;
}

export type Read<S> = S extends Shape<infer T> ? T : never;

export function integer(min: number, max: number): Shape<number> {
  return {
    read(value, name) {
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
      throw unfit(name, `an integer from ${min} to ${max}`);
    },
  };
}

export const flag: Shape<boolean> = {
  read(value, name) {
    if (typeof value === 'boolean') return value;
    throw unfit(name, 'true or false');
  },
};

/** @param maxLength in UTF-16 units; control characters are refused, texts reach logs */
export function text(maxLength: number): Shape<string> {
  return {
    read(value, name) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
      if (typeof value === 'string' && value.length <= maxLength && !/[\u0000-\u001f\u007f]/.test(value)) return value;
      throw unfit(name, `text of at most ${maxLength} characters`);
    },
  };
}

/** A view of the frame that it came in. */
export function bytes(maxLength: number): Shape<Uint8Array> {
  return {
    read(value, name) {
      if (value instanceof Uint8Array && value.length <= maxLength) return value;
      throw unfit(name, `at most ${maxLength} bytes`);
    },
  };
}

/** One of the given words. A word that only a newer release knows is an error: give such members their own default. */
export function word<const W extends string>(...words: readonly W[]): Shape<W> {
  return {
    read(value, name) {
      const known = words.find((one) => one === value);
      if (known !== undefined) return known;
      throw unfit(name, `one of ${words.join(', ')}`);
    },
  };
}

export function list<T>(item: Shape<T>, maxLength: number): Shape<readonly T[]> {
  return {
    read(value, name) {
      if (!Array.isArray(value) || value.length > maxLength) throw unfit(name, `a list of at most ${maxLength}`);
      return value.map((one, index) => item.read(one, `${name}[${index}]`));
    },
  };
}

/** The known ones of a list of words; those of a newer release are left out. */
export function words<const W extends string>(known: readonly W[], maxLength: number): Shape<readonly W[]> {
  return {
    read(value, name) {
      if (!Array.isArray(value) || value.length > maxLength) throw unfit(name, `a list of at most ${maxLength}`);
      return known.filter((one) => value.includes(one));
    },
  };
}

export function maybe<T>(inner: Shape<T>): Shape<T | undefined> {
  return { read: (value, name) => (value === undefined || value === null ? undefined : inner.read(value, name)) };
}

type Members = Readonly<Record<string, Shape<unknown>>>;

/** What may be undefined may also be left out. */
type ReadRecord<M extends Members> = {
  readonly [K in keyof M as undefined extends Read<M[K]> ? never : K]: Read<M[K]>;
} & { readonly [K in keyof M as undefined extends Read<M[K]> ? K : never]?: Read<M[K]> };

export function record<M extends Members>(members: M): Shape<ReadRecord<M>> {
  return {
    read(value, name) {
      if (!(value instanceof Map)) throw unfit(name, 'a map');
      const source: ReadonlyMap<unknown, unknown> = value;
      const result: Record<string, unknown> = {};
      for (const [member, shape] of Object.entries(members)) {
        result[member] = shape.read(source.get(member), name === '' ? member : `${name}.${member}`);
      }
      return result as ReadRecord<M>;
    },
  };
}

function unfit(name: string, expected: string): AgentError {
  return new AgentError('malformed', `${name} is not ${expected}`);
}
