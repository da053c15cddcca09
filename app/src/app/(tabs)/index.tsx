export { StationsScreen as default } from '../../features/stations/stations-screen.js';
