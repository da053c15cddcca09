import { Tabs } from 'expo-router';
import { Icon, type IconName } from '../../components/ui/icon.js';
import { type MessageKey, useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';

const TABS: readonly { name: string; title: MessageKey; icon: IconName }[] = [
  { name: 'index', title: 'tab.stations', icon: 'stations' },
  { name: 'swap', title: 'tab.swap', icon: 'swap' },
  { name: 'me', title: 'tab.me', icon: 'me' },
];

export default function TabsLayout() {
  const t = useT();
  const palette = usePalette();
  return (
    <Tabs
      screenOptions={{
        headerShown: false,
        tabBarActiveTintColor: palette.brand,
        tabBarInactiveTintColor: palette.text3,
        tabBarStyle: {
          backgroundColor: palette.surface,
          borderTopColor: palette.line,
          height: 62,
          paddingTop: 5,
        },
        tabBarLabelStyle: { fontSize: 12, fontWeight: '600' },
        sceneStyle: { backgroundColor: palette.bg },
      }}
    >
      {TABS.map(({ name, title, icon }) => (
        <Tabs.Screen
          key={name}
          name={name}
          options={{ title: t(title), tabBarIcon: ({ color }) => <Icon name={icon} color={String(color)} /> }}
        />
      ))}
    </Tabs>
  );
}
