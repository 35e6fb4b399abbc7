/** What gives a machine the three ports, for libvirt and for QEMU itself. */
export const LIBVIRT_XML = `<!-- in <devices>, with 'virsh edit DOMAIN'; the machine must be switched off and on -->
<channel type='unix'>
  <source mode='bind'/>
  <target type='virtio' name='org.qemu.guest_agent.0'/>
</channel>
<channel type='spicevmc'>
  <target type='virtio' name='com.redhat.spice.0'/>
</channel>
<channel type='unix'>
  <source mode='bind'/>
  <target type='virtio' name='ovirt-guest-agent.0'/>
</channel>`;

export const QEMU_OPTIONS = `-device virtio-serial-pci
-chardev socket,id=qga,path=/run/vm-qga.sock,server=on,wait=off
-device virtserialport,chardev=qga,name=org.qemu.guest_agent.0
-chardev spicevmc,id=vdagent,name=vdagent
-device virtserialport,chardev=vdagent,name=com.redhat.spice.0
-chardev socket,id=ovirt,path=/run/vm-ovirt.sock,server=on,wait=off
-device virtserialport,chardev=ovirt,name=ovirt-guest-agent.0`;

/** For a person whose machine has no port: one way for each kind of host. */
export const HOW_TO_ADD_PORTS = `With libvirt:

${LIBVIRT_XML}

With QEMU's own options (spicevmc needs -spice):

${QEMU_OPTIONS}

oVirt and Proxmox add their ports themselves: there, switch the guest agent on in the machine's options.`;
