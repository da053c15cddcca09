import * as Location from 'expo-location';

export type Place = { lat: number; lon: number };
/** Where the rider is, or null when that is refused or not known. Never throws: the app works without. */
export type Locate = () => Promise<Place | null>;

export const locate: Locate = async () => {
  try {
    const { granted } = await Location.requestForegroundPermissionsAsync();
    if (!granted) return null;
    const { coords } = await Location.getCurrentPositionAsync({ accuracy: Location.Accuracy.Balanced });
    return { lat: coords.latitude, lon: coords.longitude };
  } catch {
    return null;
  }
};
