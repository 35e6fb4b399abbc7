import { creates, type Interface } from './interface.ts';

/**
 * The clipboard for programs without a window: ext-data-control-v1.xml and wlr-data-control-unstable-v1.xml, which differ in
 * their names and in what the older one has from its second version on.
 */
export type DataControlFamily = 'ext' | 'zwlr';

type PartName = `${DataControlFamily}_data_control_${'manager' | 'device' | 'source' | 'offer'}_v1`;

const offer = (name: PartName) =>
  ({
    name,
    version: 2,
    requests: {
      receive: { args: { mime_type: 'string', fd: 'fd' } },
      destroy: { args: {}, destructor: true },
    },
    events: { offer: { args: { mime_type: 'string' } } },
  }) as const satisfies Interface;

const source = (name: PartName) =>
  ({
    name,
    version: 2,
    requests: {
      offer: { args: { mime_type: 'string' } },
      destroy: { args: {}, destructor: true },
    },
    events: {
      send: { args: { mime_type: 'string', fd: 'fd' } },
      cancelled: { args: {} },
    },
  }) as const satisfies Interface;

function dataControl(family: DataControlFamily, primarySince: number) {
  const offerInterface = offer(`${family}_data_control_offer_v1`);
  const sourceInterface = source(`${family}_data_control_source_v1`);
  const device = {
    name: `${family}_data_control_device_v1`,
    version: 2,
    requests: {
      set_selection: { args: { source: 'object?' } },
      destroy: { args: {}, destructor: true },
      set_primary_selection: { args: { source: 'object?' }, since: primarySince },
    },
    events: {
      data_offer: { args: { id: creates(offerInterface) } },
      selection: { args: { id: 'object?' } },
      /** The seat has gone: the device is of no use any more. */
      finished: { args: {} },
      primary_selection: { args: { id: 'object?' }, since: primarySince },
    },
  } as const satisfies Interface;
  const manager = {
    name: `${family}_data_control_manager_v1`,
    version: primarySince,
    requests: {
      create_data_source: { args: { id: creates(sourceInterface) } },
      get_data_device: { args: { id: creates(device), seat: 'object' } },
      destroy: { args: {}, destructor: true },
    },
    events: {},
  } as const satisfies Interface;
  return { family, manager, device, source: sourceInterface, offer: offerInterface, primarySince };
}

export const extDataControl = dataControl('ext', 1);
export const zwlrDataControl = dataControl('zwlr', 2);
export type DataControl = ReturnType<typeof dataControl>;
