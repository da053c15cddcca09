import { Stack } from 'expo-router';
import { useState } from 'react';
import { AppRoot } from '../app-root.js';
import { createServices } from '../lib/create-services.js';
import { usePalette } from '../lib/preferences.js';

export default function RootLayout() {
  const [services] = useState(createServices);
  return (
    <AppRoot services={services}>
      <Screens />
    </AppRoot>
  );
}

function Screens() {
  const palette = usePalette();
  return <Stack screenOptions={{ headerShown: false, contentStyle: { backgroundColor: palette.bg } }} />;
}
