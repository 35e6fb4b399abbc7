/** Bytes of a script in which the kernel looks for its interpreter: BINPRM_BUF_SIZE of <linux/binfmts.h>. */
const SCRIPT_HEAD = 256;
const ELF_MAGIC = 0x7f454c46;
const PT_INTERP = 3;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Where the numbers stand in files of 32 and of 64 bits. elf(5): Elf32_Ehdr, Elf32_Phdr and so on */
const LAYOUTS = {
  1: { table: 28, entrySize: 42, count: 44, offset: 4, size: 16 },
  2: { table: 32, entrySize: 54, count: 56, offset: 8, size: 32 },
} as const;

/**
 * The program that the kernel loads to run another one: what a script names in its first line, or the dynamic linker.
 * @param head the file's beginning, where linkers put all that is looked at; no more is known than is in it
 * @returns undefined also for what is no program
 */
export function interpreterOf(head: Buffer): string | undefined {
  const script = /^#![ \t]*([^ \t\n\0]+)/.exec(head.toString('utf8', 0, SCRIPT_HEAD));
  return script === null ? linkerOf(head) : script[1];
}

function linkerOf(head: Buffer): string | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const wide = head[4] === 2;
  try {
    if (view.getUint32(0) !== ELF_MAGIC) return undefined;
    const layout = LAYOUTS[wide ? 2 : 1];
    const word = (at: number) =>
      wide ? Number(view.getBigUint64(at, LITTLE_ENDIAN)) : view.getUint32(at, LITTLE_ENDIAN);
    const entrySize = view.getUint16(layout.entrySize, LITTLE_ENDIAN);
    const table = word(layout.table);
    for (let left = view.getUint16(layout.count, LITTLE_ENDIAN), at = table; left > 0; left--, at += entrySize) {
      if (view.getUint32(at, LITTLE_ENDIAN) !== PT_INTERP) continue;
      const start = word(at + layout.offset);
      return head.toString('utf8', start, start + word(at + layout.size) - 1);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // beyond the beginning
  }
  return undefined;
}
