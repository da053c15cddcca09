import type { PrincipalInfo, User, Vehicle } from '@voltbay/protocol/api';
import type { Client } from 'openapi-fetch';
import { type AnswerOf, body, type EntryOf, NEWEST_FIRST } from './answers.js';
import type { paths } from './generated/schema.js';

export type Notice = EntryOf<'listNotifications'>;
export type NoticePreferences = AnswerOf<'getNotificationPreferences'>;
export type PushDevice = AnswerOf<'registerPushToken'>;

/** What shows that a vehicle is the rider's. */
export type VehicleProof = { code: string } | { vin: string } | { plate: string; vinTail: string };

/** The rider, their vehicles, what they are told. */
export type AccountApi = {
  me(): Promise<PrincipalInfo>;
  user(id: string): Promise<User>;
  /** `version` is the one that was shown: a change made elsewhere in between is not overwritten. */
  updateUser(
    user: { id: string; version: number },
    change: { name?: string; locale?: 'zh-CN' | 'en' },
  ): Promise<User>;
  vehicles(): Promise<Vehicle[]>;
  /** Takes a vehicle that nobody owns yet. */
  bindVehicle(by: VehicleProof): Promise<Vehicle>;
  notices(limit: number): Promise<Notice[]>;
  readNotice(id: string): Promise<void>;
  readAllNotices(): Promise<void>;
  noticePreferences(): Promise<NoticePreferences>;
  saveNoticePreferences(preferences: NoticePreferences): Promise<NoticePreferences>;
  /** Everything that the hub keeps about the rider. */
  myData(): Promise<Record<string, unknown>>;
  /** Throws ApiError with the obstacles as `errors[].path` while something is open. */
  closeAccount(): Promise<void>;
  registerPush(device: { token: string; platform: 'ios' | 'android' | 'web' }): Promise<PushDevice>;
  removePush(id: string): Promise<void>;
};

export function createAccountApi(hub: Client<paths>): AccountApi {
  return {
    me: async () => body(await hub.GET('/auth/v1/me')),
    user: async (id) => body(await hub.GET('/core/v0/users/{id}', { params: { path: { id } } })),
    updateUser: async ({ id, version }, change) =>
      body(
        await hub.PATCH('/core/v0/users/{id}', {
          params: { path: { id }, header: { 'If-Match': `"${version}"` } },
          body: change,
        }),
      ),
    vehicles: async () => body(await hub.GET('/core/v0/vehicles', { params: { query: { _limit: 50 } } })),
    bindVehicle: async (by) => body(await hub.POST('/core/v0/vehicles/bind', { body: by })),
    notices: async (limit) =>
      body(
        await hub.GET('/core/v0/notifications', { params: { query: { _limit: limit, ...NEWEST_FIRST } } }),
      ),
    async readNotice(id) {
      await hub.POST('/core/v0/notifications/{id}/read', { params: { path: { id } } });
    },
    async readAllNotices() {
      await hub.POST('/core/v0/notifications/read-all');
    },
    noticePreferences: async () => body(await hub.GET('/core/v0/notification-preferences')),
    saveNoticePreferences: async (preferences) =>
      body(await hub.PUT('/core/v0/notification-preferences', { body: preferences })),
    myData: async () => body(await hub.GET('/core/v0/me/data')),
    async closeAccount() {
      await hub.DELETE('/core/v0/me');
    },
    registerPush: async ({ token, platform }) =>
      body(await hub.POST('/core/v0/push-tokens', { body: { provider: 'expo', token, platform } })),
    async removePush(id) {
      await hub.DELETE('/core/v0/push-tokens/{id}', { params: { path: { id } } });
    },
  };
}
