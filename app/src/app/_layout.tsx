import { Stack, useRouter } from 'expo-router';
import { useEffect, useState } from 'react';
import { AppRoot } from '../app-root.js';
import { createServices } from '../lib/create-services.js';
import { messageTarget } from '../lib/links/message-target.js';
import { usePalette } from '../lib/preferences.js';
import { useServices } from '../lib/services.js';

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
  const router = useRouter();
  const { push } = useServices();
  // A tapped message opens what it is about.
  useEffect(
    () =>
      push.onOpened((message) => {
        const target = messageTarget(message);
        if (target !== null) router.push(target);
      }),
    [push, router],
  );
  return <Stack screenOptions={{ headerShown: false, contentStyle: { backgroundColor: palette.bg } }} />;
}
