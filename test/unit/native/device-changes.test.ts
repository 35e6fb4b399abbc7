import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOf, watchDevices } from '#shared/native/device-changes.ts';

describe('changes of devices', () => {
  it('are of the subsystem that they name', () => {
    const event = (...lines: string[]) => Buffer.from(lines.map((line) => `${line}\0`).join(''));
    const hotplug = event(
      'change@/devices/pci0000:00/0000:00:02.0/drm/card0',
      'ACTION=change',
      'SUBSYSTEM=drm',
      'HOTPLUG=1',
    );
    assert.ok(isOf('drm', hotplug));
    assert.ok(!isOf('dr', hotplug));
    assert.ok(!isOf('rm', hotplug));
    assert.ok(!isOf('block', hotplug));
    assert.ok(!isOf('drm', event('change@/SUBSYSTEM=drm/x', 'ACTION=change', 'SUBSYSTEM=mem')));
    assert.ok(!isOf('drm', Buffer.alloc(0)));
  });

  it('can be heard by anybody', () => {
    watchDevices('drm', () => {}).close();
  });
});
