import { Linking, Platform } from 'react-native';
import type { Place } from '../location/locate.js';

type Target = Place & { name: string };

/**
 * Addresses that hand the way over to a map app, best first. Android asks which one (`geo:`), iOS has its own, a browser gets AMap's page,
 * which takes WGS-84 coordinates when told so. Source: https://lbs.amap.com/api/uri-api/guide/travel/route
 */
export function directionLinks(target: Target, platform: string): string[] {
  const { lat, lon } = target;
  const name = encodeURIComponent(target.name);
  const amap = `https://uri.amap.com/navigation?to=${lon},${lat},${name}&mode=ride&coordinate=wgs84&src=voltbay`;
  if (platform === 'android') return [`geo:${lat},${lon}?q=${lat},${lon}(${name})`, amap];
  if (platform === 'ios') return [`maps://?daddr=${lat},${lon}&q=${name}`, amap];
  return [amap];
}

/** Opens the first that the device can open; false when it can open none. */
export async function openDirections(target: Target): Promise<boolean> {
  for (const link of directionLinks(target, Platform.OS)) {
    if (
      await Linking.openURL(link).then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}
