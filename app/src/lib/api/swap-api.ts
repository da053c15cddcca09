import type { IssuedPass, Order, Pass, PublicStation, PublicStationDetail } from '@voltbay/protocol/api';
import type { Client } from 'openapi-fetch';
import { type AnswerOf, body, type EntryOf, NEWEST_FIRST, once } from './answers.js';
import type { paths } from './generated/schema.js';
import type { SwapPrice } from './money-api.js';

/** A way to pay a swap: a plan of the rider's, their company, or this swap alone. */
export type PayOption = AnswerOf<'quoteSwapOptions'>[number];
export type Reservation = EntryOf<'listReservations'>;

/** Stations, prices, reservations, swaps and passes. */
export type SwapApi = {
  stations(): Promise<PublicStation[]>;
  /** One with what is in each slot. */
  station(id: string): Promise<PublicStationDetail>;
  /** What a swap there costs this rider now, line by line. */
  price(stationId: string): Promise<SwapPrice>;
  /** Every way in which it can be paid; one of them is taken by default. */
  payOptions(stationId: string): Promise<PayOption[]>;
  orders(limit: number): Promise<Order[]>;
  order(id: string): Promise<Order>;
  /** The same key means the same swap, however often it is sent. */
  startSwap(swap: { stationId: string; vehicleId: string; payBy?: string }, key: string): Promise<Order>;
  /** The rider's own that may still stand, newest first. */
  reservations(): Promise<Reservation[]>;
  reserve(visit: { stationId: string; vehicleId: string }, key: string): Promise<Reservation>;
  releaseReservation(id: string): Promise<Reservation>;
  passes(): Promise<Pass[]>;
  /** The code of a pass is answered here and never again. */
  issuePass(vehicleId: string, key: string): Promise<IssuedPass>;
  revokePass(id: string): Promise<Pass>;
};

export function createSwapApi(open: Client<paths>, hub: Client<paths>): SwapApi {
  return {
    stations: async () => body(await open.GET('/core/v0/public/stations')),
    station: async (id) =>
      body(await open.GET('/core/v0/public/stations/{id}', { params: { path: { id } } })),
    payOptions: async (stationId) =>
      body(await hub.GET('/core/v0/quotes/swap/options', { params: { query: { stationId } } })),
    price: async (stationId) =>
      body(await hub.GET('/core/v0/quotes/swap', { params: { query: { stationId } } })),
    orders: async (limit) =>
      body(await hub.GET('/core/v0/orders', { params: { query: { _limit: limit, ...NEWEST_FIRST } } })),
    order: async (id) => body(await hub.GET('/core/v0/orders/{id}', { params: { path: { id } } })),
    startSwap: async (swap, key) =>
      body(await hub.POST('/core/v0/orders', { params: once(key), body: swap })),
    reservations: async () =>
      body(await hub.GET('/core/v0/reservations', { params: { query: { _limit: 5, ...NEWEST_FIRST } } })),
    reserve: async (visit, key) =>
      body(await hub.POST('/core/v0/reservations', { params: once(key), body: visit })),
    releaseReservation: async (id) =>
      body(await hub.POST('/core/v0/reservations/{id}/release', { params: { path: { id } } })),
    passes: async () =>
      body(await hub.GET('/core/v0/passes', { params: { query: { _limit: 20, ...NEWEST_FIRST } } })),
    issuePass: async (vehicleId, key) =>
      body(await hub.POST('/core/v0/passes', { params: once(key), body: { vehicleId } })),
    revokePass: async (id) =>
      body(await hub.POST('/core/v0/passes/{id}/revoke', { params: { path: { id } } })),
  };
}
