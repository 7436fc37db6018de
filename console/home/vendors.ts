// How exporting is switched on, for those whose routers people have.

export interface Vendor {
  name: string
  commands(collector: string): string
}

export const vendors: readonly [Vendor, ...Vendor[]] = [
  {
    name: 'Cisco IOS XE (Flexible NetFlow)',
    commands: (collector) => `flow exporter NETMON
 destination ${collector}
 transport udp 2055
 export-protocol ipfix
 template data timeout 60
 option sampler-table timeout 60
!
flow monitor NETMON-V4
 exporter NETMON
 cache timeout active 60
 record netflow ipv4 original-input
!
interface GigabitEthernet0/0/0
 ip flow monitor NETMON-V4 input`,
  },
  {
    name: 'Juniper MX (inline IPFIX)',
    commands: (
      collector,
    ) => `set services flow-monitoring version-ipfix template NETMON ipv4-template
set services flow-monitoring version-ipfix template NETMON flow-active-timeout 60
set services flow-monitoring version-ipfix template NETMON template-refresh-rate seconds 60
set forwarding-options sampling instance NETMON input rate 1000
set forwarding-options sampling instance NETMON family inet output flow-server ${collector} port 4739
set forwarding-options sampling instance NETMON family inet output flow-server ${collector} version-ipfix template NETMON
set forwarding-options sampling instance NETMON family inet output inline-jflow source-address ADDRESS_OF_THE_ROUTER
set chassis fpc 0 sampling-instance NETMON
set interfaces xe-0/0/0 unit 0 family inet sampling input`,
  },
  {
    name: 'Arista EOS (sFlow)',
    commands: (collector) => `sflow sample 4096
sflow destination ${collector} 6343
sflow source-interface Loopback0
sflow run`,
  },
  {
    name: 'MikroTik RouterOS',
    commands: (collector) => `/ip traffic-flow set enabled=yes active-flow-timeout=1m interfaces=all
/ip traffic-flow target add dst-address=${collector} port=2055 version=ipfix`,
  },
  {
    name: 'Linux (softflowd)',
    commands: (collector) => `softflowd -i eth0 -v 10 -n ${collector}:2055 -t maxlife=60`,
  },
  {
    name: 'Linux (hsflowd)',
    commands: (collector) => `# /etc/hsflowd.conf
sflow {
  collector { ip=${collector} udpport=6343 }
  pcap { dev=eth0 }
}`,
  },
]
