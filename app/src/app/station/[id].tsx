export { StationScreen as default } from '../../features/stations/station-screen.js';
