import { readdirSync, readFileSync } from 'node:fs';

/** Recorded bytes of a real peer: test/golden/PROTOCOL/*.json. */
export interface Golden {
  readonly file: string;
  /** Program and version that wrote the bytes. */
  readonly peer: string;
  readonly from: 'host' | 'guest';
  /** How to record them again. */
  readonly captured: string;
  /** What the two sides had announced, where the layout depends on it. */
  readonly capabilities?: readonly string[];
  readonly hex: string;
  /** What they say, written by hand. */
  readonly means: unknown;
}

export function goldenFiles(protocol: string): Golden[] {
  const folder = `test/golden/${protocol}`;
  return readdirSync(folder).map((file) => ({ file, ...JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) }));
}

/** A decoded value in the form that a golden file can hold: sets as lists, integers as numbers, bytes as text. */
export function asJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, member]) => [name, asJson(member)]));
  if (Array.isArray(value) || value instanceof Set) return [...value].map(asJson);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asJson(member)]));
}
