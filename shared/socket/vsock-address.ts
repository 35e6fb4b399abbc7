/** A machine, by its context id, and a port of it. vsock(7) */
export interface VsockAddress {
  readonly cid: number;
  readonly port: number;
}

/** Whatever our own context id is; as a port it is none. */
const ANY = 0xffff_ffff;

/** @param text `CID:PORT`, where `any` and -1 are whatever our context id is. @returns undefined for what is no address */
export function parseVsockAddress(text: string): VsockAddress | undefined {
  const [, cid = '', port = ''] = /^(\d{1,10}|-1|any):(\d{1,10})$/.exec(text) ?? [];
  const address = { cid: /^\d/.test(cid) ? Number(cid) : ANY, port: Number(port) };
  return port === '' || address.cid > ANY || address.port >= ANY ? undefined : address;
}

export function formatVsockAddress({ cid, port }: VsockAddress): string {
  return `${cid === ANY ? 'any' : cid}:${port}`;
}
