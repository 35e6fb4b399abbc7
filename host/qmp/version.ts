/**
 * QEMU's VersionInfo. The numbers are those of this server, which is what a greeting is about; what runs in the guest says
 * its own version in the answer to guest-info. Source: QEMU qapi/control.json.
 */
export const VERSION = { qemu: versionTriple(UGA_VERSION), package: `uga ${UGA_VERSION} (${UGA_COMMIT})` } as const;

function versionTriple(version: string): { readonly micro: number; readonly minor: number; readonly major: number } {
  const [major = 0, minor = 0, micro = 0] = version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0);
  return { micro, minor, major };
}
