import type { Locate } from './locate.js';

const TIMEOUT_MS = 8_000;

export const locate: Locate = () =>
  new Promise((resolve) => {
    if (!('geolocation' in navigator)) {
      resolve(null);
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lon: coords.longitude }),
      () => resolve(null),
      { timeout: TIMEOUT_MS, maximumAge: 60_000 },
    );
  });
