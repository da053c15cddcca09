import { Redirect, useLocalSearchParams } from 'expo-router';
import { parseStationCode } from '../../features/swap/station-code.js';

/** The link in a cabinet's QR code: `voltbay://s/1231`, or `https://…/app/s/1231` from the phone's own camera. */
export default function StationLink() {
  const { id = '' } = useLocalSearchParams<{ id: string }>();
  const station = parseStationCode(id);
  return <Redirect href={station === null ? '/swap' : `/swap?station=${station}`} />;
}
