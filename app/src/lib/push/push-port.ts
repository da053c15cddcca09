import Constants from 'expo-constants';
import * as Device from 'expo-device';
import * as Notifications from 'expo-notifications';
import type { PushPort } from './push-types.js';

const textIn = (data: unknown, name: string): string | null => {
  const value = (data as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === 'string' ? value : null;
};

/** Expo's push service. Nothing is asked for before the rider turns push messages on. */
export function createPushPort(): PushPort {
  Notifications.setNotificationHandler({
    handleNotification: async () => ({
      shouldShowBanner: true,
      shouldShowList: true,
      shouldPlaySound: true,
      shouldSetBadge: false,
    }),
  });
  return {
    supported: Device.isDevice,
    async token() {
      if (!Device.isDevice) return null;
      const { granted } = await Notifications.requestPermissionsAsync();
      if (!granted) return null;
      const projectId: unknown = Constants.expoConfig?.extra?.eas?.projectId;
      try {
        const { data } = await Notifications.getExpoPushTokenAsync(
          typeof projectId === 'string' ? { projectId } : undefined,
        );
        return { token: data, platform: Device.osName === 'Android' ? 'android' : 'ios' };
      } catch {
        // No project id, or no push service on this phone: messages stay in the inbox.
        return null;
      }
    },
    onOpened(listener) {
      const tell = (response: Notifications.NotificationResponse | null): void => {
        const data = response?.notification.request.content.data;
        if (data) listener({ orderId: textIn(data, 'orderId'), stationId: textIn(data, 'stationId') });
      };
      tell(Notifications.getLastNotificationResponse());
      const subscription = Notifications.addNotificationResponseReceivedListener(tell);
      return () => subscription.remove();
    },
  };
}
