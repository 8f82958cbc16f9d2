interface Props {
  image: { url: string; width: number | null; thumbnails: readonly { width: number; url: string }[] } | undefined;
  /** Empty where the name stands beside it. */
  alt?: string;
  sizes?: string;
  eager?: boolean;
}

export function Picture({ image, alt = "", sizes = "(min-width: 60rem) 260px, 45vw", eager }: Props) {
  if (!image) return <div className="picture" />;
  const sources = [...image.thumbnails, { url: image.url, width: image.width ?? 480 }];
  return (
    <img className="picture" src={image.url} alt={alt} width="480" height="480" sizes={sizes} loading={eager ? "eager" : "lazy"}
      srcSet={sources.map(({ url, width }) => `${url} ${width}w`).join(", ")} />
  );
}
