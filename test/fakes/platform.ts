import { refusingCpuSwitch } from '#system-agent/cpus/refusing.ts';
import { refusingExec } from '#system-agent/exec/refusing.ts';
import { refusingFiles } from '#system-agent/files/refusing.ts';
import { refusingFreeze } from '#system-agent/freeze/refusing.ts';
import { refusingLifecycle } from '#system-agent/lifecycle/refusing.ts';
import { refusingMemorySwitch } from '#system-agent/memory/refusing.ts';
import { refusingTrimmer } from '#system-agent/mounts/refusing.ts';
import type { Platform } from '#system-agent/platform.ts';
import { refusingPointer } from '#system-agent/pointer/refusing.ts';
import type { ShutdownMode, ShutdownPlan } from '#system-agent/power/power.ts';
import { refusingSessionControl } from '#system-agent/session-control/refusing.ts';
import { refusingSleep } from '#system-agent/sleep/refusing.ts';

/** A system whose every answer is known. */
export function fakePlatform(): Platform & { readonly shutdowns: ShutdownMode[]; readonly plans: ShutdownPlan[] } {
  const shutdowns: ShutdownMode[] = [];
  const plans: ShutdownPlan[] = [];
  return {
    shutdowns,
    plans,
    clock: {
      systemTime: () => 1_700_000_000_123_456_000n,
      timezone: () => ({ zone: 'NST', offsetSeconds: -12_600 }),
      standardTimezone: () => ({ name: 'America/St_Johns', offsetSeconds: -12_600 }),
    },
    clockChanges: {
      read: () => ({ wall: 0n, boot: 0n, awake: 0n }),
      onSet: () => ({ [Symbol.dispose]: () => {} }),
    },
    containers: {
      list: async () => [
        { id: '4c01db0b339c', names: ['/web'], image: 'nginx:1', command: 'nginx -g', status: 'Up 2 hours' },
      ],
    },
    cpus: {
      online: () => 4,
      list: async () => [{ id: 0n, online: true, canOffline: false }],
      times: () => [],
      load: () => ({ oneMinute: 0.5, fiveMinutes: 0.25, fifteenMinutes: 0.125 }),
    },
    cpuSwitch: refusingCpuSwitch,
    disks: { list: async () => [], under: () => ({ name: 'vda', disks: [] }), statistics: () => [] },
    exec: refusingExec,
    files: refusingFiles,
    freeze: refusingFreeze,
    inventory: {
      hostName: () => 'guest',
      fullHostName: async () => 'guest.example.org',
      operatingSystem: () => ({ kernelRelease: '6.1', kernelVersion: '#1', machine: 'x86_64', id: 'debian' }),
    },
    lifecycle: refusingLifecycle,
    memory: {
      sample: () => ({
        totalKib: 4_000_000,
        freeKib: 1_000_000,
        buffersKib: 100_000,
        cachedKib: 500_000,
        swapTotalKib: 2_000_000,
        swapFreeKib: 1_500_000,
        pagesSwappedIn: 10,
        pagesSwappedOut: 20,
        pageFaults: 3_000,
        majorPageFaults: 40,
      }),
    },
    memoryBlocks: { list: async () => [], size: () => 128n << 20n },
    memorySwitch: refusingMemorySwitch,
    mounts: {
      list: () => [],
      all: () => [],
      sizeOf: async () => undefined,
      onChange: () => ({ [Symbol.dispose]: () => {} }),
    },
    network: {
      routes: () => [],
      onChange: () => ({ [Symbol.dispose]: () => {} }),
      interfaces: () => [
        {
          name: 'lo',
          hardwareAddress: '00:00:00:00:00:00',
          up: true,
          loopback: true,
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
        { name: 'tun0', addresses: [], up: true, loopback: false },
      ],
    },
    packages: {
      installed: async () => [
        { name: 'linux-image-6.1.0-13-amd64', version: '6.1.55-1', provides: ['linux-image'] },
        { name: 'cloud-init', version: '22.4.2-1', provides: [] },
        { name: 'vim', version: '2:9.0', provides: ['editor'] },
      ],
    },
    pointer: refusingPointer,
    power: {
      shutdown: async (mode) => {
        shutdowns.push(mode);
      },
      schedule: async (plan) => {
        plans.push(plan);
      },
    },
    authorizedKeys: { list: async () => ['a', 'b'], add: async () => {}, remove: async () => {} },
    passwords: { set: async () => {} },
    timeSetting: { set: async () => {}, setFromHardware: async () => {} },
    sessionControlSystem: refusingSessionControl,
    sleep: refusingSleep,
    trimmer: refusingTrimmer,
    users: { loggedIn: () => [{ user: 'alice', loginTime: 1_700_000_000.5 }] },
  };
}
