import { describe, it } from 'node:test';
import { serialDriver, unixConnectDriver, unixListenDriver } from '#test/support/channel/drivers.ts';
import { channelTests } from '#test/support/channel/suite.ts';

for (const driver of [unixListenDriver(), unixConnectDriver(), serialDriver()]) {
  describe(`channel ${driver.name}`, () => {
    for (const test of channelTests(driver)) {
      if (test.skip === undefined) it(test.name, { timeout: 60_000 }, test.run);
    }
  });
}
