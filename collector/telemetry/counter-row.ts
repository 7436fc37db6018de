import type { InterfaceCounters } from '../decode/interface-counters.ts'
import { timeText } from './rows.ts'

/** A row of the table `counters` (schema/clickhouse/006_counters.sql). 64-bit numbers are decimal text, which JSON cannot round. */
export function counterRow(counters: InterfaceCounters): object {
  return {
    time: timeText(counters.receivedMs),
    exporter: counters.exporter,
    if_index: counters.ifIndex,
    if_type: counters.ifType,
    if_speed: counters.ifSpeed.toString(),
    if_direction: counters.ifDirection,
    if_status: counters.ifStatus,
    in_octets: counters.inOctets.toString(),
    in_unicast_packets: counters.inUnicastPackets,
    in_multicast_packets: counters.inMulticastPackets,
    in_broadcast_packets: counters.inBroadcastPackets,
    in_discards: counters.inDiscards,
    in_errors: counters.inErrors,
    in_unknown_protocols: counters.inUnknownProtocols,
    out_octets: counters.outOctets.toString(),
    out_unicast_packets: counters.outUnicastPackets,
    out_multicast_packets: counters.outMulticastPackets,
    out_broadcast_packets: counters.outBroadcastPackets,
    out_discards: counters.outDiscards,
    out_errors: counters.outErrors,
    promiscuous_mode: counters.promiscuousMode,
  }
}
