export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
      <rect width="16" height="16" rx="3" class="logo-ground" />
      <path d="M3 11.5h1.6V8H3zm2.8 0h1.6v-7H5.8zm2.8 0h1.6v-5H8.6zm2.8 0H13v-2h-1.6z" class="logo-bars" />
    </svg>
  );
}
