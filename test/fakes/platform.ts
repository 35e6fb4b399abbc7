import type { Platform } from '#system-agent/platform.ts';
import type { ShutdownMode } from '#system-agent/power/power.ts';

/** A system whose every answer is known. */
export function fakePlatform(): Platform & { readonly shutdowns: ShutdownMode[] } {
  const shutdowns: ShutdownMode[] = [];
  return {
    shutdowns,
    clock: {
      systemTime: () => 1_700_000_000_123_456_000n,
      timezone: () => ({ zone: 'NST', offsetSeconds: -12_600 }),
    },
    inventory: {
      hostName: () => 'guest',
      operatingSystem: () => ({ kernelRelease: '6.1', kernelVersion: '#1', machine: 'x86_64', id: 'debian' }),
    },
    network: {
      interfaces: () => [
        {
          name: 'lo',
          hardwareAddress: '00:00:00:00:00:00',
          addresses: [{ family: 'ipv4', address: '127.0.0.1', prefix: 8 }],
          statistics: {
            rxBytes: 18446744073709551615n,
            rxPackets: 1n,
            rxErrors: 2n,
            rxDropped: 3n,
            txBytes: 4n,
            txPackets: 5n,
            txErrors: 6n,
            txDropped: 7n,
          },
        },
        { name: 'tun0', addresses: [] },
      ],
    },
    power: {
      shutdown: async (mode) => {
        shutdowns.push(mode);
      },
    },
    users: { loggedIn: () => [{ user: 'alice', loginTime: 1_700_000_000.5 }] },
  };
}
