import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PortFact } from '../facts.ts';

const MAX_PORTS = 512;

/**
 * @param sys /sys/class/virtio-ports
 * @returns undefined when the kernel has no driver for such ports
 */
export function readPorts(sys: string): readonly PortFact[] | undefined {
  let nodes: string[];
  try {
    nodes = readdirSync(sys);
  } catch {
    return undefined;
  }
  return nodes
    .sort()
    .slice(0, MAX_PORTS)
    .map((node) => ({ node, name: nameOf(path.join(sys, node, 'name')) }));
}

function nameOf(file: string): string {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return ''; // without a name, or gone meanwhile
  }
}
