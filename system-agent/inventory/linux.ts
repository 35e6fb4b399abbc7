import os from 'node:os';
import { readSmallText } from '#shared/native/small-files.ts';
import type { Run } from '#shared/process/run.ts';
import type { Inventory, OperatingSystem } from './inventory.ts';
import { parseOsRelease } from './os-release.ts';

/** os-release(5): the first is usually a link to the second. */
const PATHS = ['/etc/os-release', '/usr/lib/os-release'];

/**
 * A program asks the resolver, not we: a name server that does not answer would hold one of Node's few threads, and the
 * agent's end, for half a minute; a program can be killed.
 */
const FULL_NAME = ['/bin/hostname', '-f'] as const;
const FULL_NAME_TIMEOUT_MS = 5_000;
const NAME = /^[A-Za-z0-9._-]{1,255}$/;

/** @param override file to read instead, as qemu-ga's QGA_OS_RELEASE */
export function linuxInventory(run: Run, override: string | undefined): Inventory {
  let asking: Promise<string> | undefined;
  const release = releaseReader(override === undefined ? PATHS : [override]);
  return {
    hostName: os.hostname,
    /** Those who ask while it is looked up share the answer. */
    fullHostName() {
      asking ??= askResolver(run).finally(() => {
        asking = undefined;
      });
      return asking;
    },
    operatingSystem(): OperatingSystem {
      return {
        kernelRelease: os.release(),
        kernelVersion: os.version(),
        machine: os.machine(),
        ...release(),
      };
    },
  };
}

async function askResolver(run: Run): Promise<string> {
  try {
    const { status, output } = await run(FULL_NAME, { timeoutMs: FULL_NAME_TIMEOUT_MS });
    const name = output.trim();
    if (status === 0 && NAME.test(name)) return name;
  } catch {
    // Too slow, or no such program: the host name remains.
  }
  return os.hostname();
}

/** What the first of the files that can be read says; read each time, understood again when it has changed. */
function releaseReader(paths: readonly string[]): () => Partial<OperatingSystem> {
  let last: { readonly text: string; readonly description: Partial<OperatingSystem> } | undefined;
  return () => {
    const text = firstText(paths);
    if (last?.text !== text) last = { text, description: describe(parseOsRelease(text) ?? new Map()) };
    return last.description;
  };
}

function firstText(paths: readonly string[]): string {
  for (const path of paths) {
    const text = readSmallText(path);
    if (text !== undefined) return text;
  }
  return ''; // the kernel's words remain
}

function describe(release: ReadonlyMap<string, string>): Partial<OperatingSystem> {
  const member = <K extends keyof OperatingSystem>(name: K, key: string) => {
    const value = release.get(key);
    return value === undefined ? {} : { [name]: value };
  };
  return {
    ...member('id', 'ID'),
    ...member('name', 'NAME'),
    ...member('prettyName', 'PRETTY_NAME'),
    ...member('version', 'VERSION'),
    ...member('versionId', 'VERSION_ID'),
    ...member('variant', 'VARIANT'),
    ...member('variantId', 'VARIANT_ID'),
    ...member('versionCodename', 'VERSION_CODENAME'),
    ...member('buildId', 'BUILD_ID'),
  };
}
