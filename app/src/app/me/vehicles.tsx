export { VehiclesScreen as default } from '../../features/account/vehicles-screen.js';
