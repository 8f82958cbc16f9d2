import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// By the name that the shop allows: of localhost and 127.0.0.1 a browser makes two sites.
const server = { host: "localhost", port: 5173, strictPort: true };

export default defineConfig({ plugins: [react()], server, preview: server });
