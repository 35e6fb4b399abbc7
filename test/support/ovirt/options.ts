import { DEFAULTS } from '#system-agent/config/config.ts';
import { ovirtOptions } from '#system-agent/ovirt/options.ts';

export const DEFAULT_OVIRT_OPTIONS = ovirtOptions(DEFAULTS, '0.0.0-test');
