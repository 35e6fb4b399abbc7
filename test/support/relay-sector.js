/**
 * The smallest guest there is: a boot sector that says READY on the second serial line and then passes bytes between the
 * two. The first line can so be an agent's channel whose guest's side is a socket of the second.
 */
export const READY = 'R';

/**
 * First: mov dx,2f8; mov al,READY; out dx,al. Then forever: if 0x3fd bit 0 (a byte waits on line 1) and 0x2fd bit 5 (line
 * 2 is free), in 0x3f8, out 0x2f8; then the same the other way. mov dx,imm16 = ba; mov al,imm8 = b0; in al,dx = ec;
 * out dx,al = ee; test al,imm8 = a8; jz = 74; jmp = eb.
 */
const RELAY = [
  `baf802 b0${READY.charCodeAt(0).toString(16)} ee`,
  'bafd03 ec a801 7410 bafd02 ec a820 7408 baf803 ec baf802 ee',
  'bafd02 ec a801 7410 bafd03 ec a820 7408 baf802 ec baf803 ee',
  'ebce',
].join('');
const SECTOR_BYTES = 512;
const BOOT_SIGNATURE = 0xaa55;

export function relaySector() {
  const sector = Buffer.alloc(SECTOR_BYTES);
  Buffer.from(RELAY.replaceAll(' ', ''), 'hex').copy(sector);
  sector.writeUInt16LE(BOOT_SIGNATURE, SECTOR_BYTES - 2);
  return sector;
}
