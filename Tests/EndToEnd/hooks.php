<?php
// Runs the hooks that deploy/redis.md has for LocalSettings.php, with stand-ins for what they use of MediaWiki.
//
//     php hooks.php SETTINGS HOOK KIND=VALUE…       KIND: user, block, global, page, or sub for a page's parameter
//
// Prints as JSON what was posted, with when it began in seconds since 1970, and its answer.

namespace MediaWiki\Deferred {
	/** Updates that wait until the transaction is committed. */
	class DeferredUpdates {
		public static array $waiting = [];

		public static function addCallableUpdate( callable $update ) {
			self::$waiting[] = $update;
		}
	}
}

namespace MediaWiki\User\CentralId {
	/** A wiki without CentralAuth: central ids are its own. */
	class CentralIdLookup {
		public const AUDIENCE_PUBLIC = 1;
		public const AUDIENCE_RAW = 2;

		public function centralIdFromLocalUser( \User $user, $audience = self::AUDIENCE_PUBLIC ): int {
			return $audience === self::AUDIENCE_RAW ? $user->getId() : 0;
		}
	}
}

namespace MediaWiki {
	class MediaWikiServices {
		public static function getInstance(): self {
			return new self;
		}

		public function getCentralIdLookup() {
			return new User\CentralId\CentralIdLookup;
		}

		public function getHttpRequestFactory() {
			return new \HttpRequestFactory;
		}
	}
}

namespace {
	class User {
		public function __construct( private int $id ) {
		}

		public function getId(): int {
			return $this->id;
		}
	}

	class Block {
		public function __construct( private ?User $target ) {
		}

		public function getTargetUserIdentity(): ?User {
			return $this->target;
		}
	}

	class Request {
		public function wasPosted(): bool {
			return true;
		}
	}

	class Page {
		public function __construct( private string $name, private User $user ) {
		}

		public function getName(): string {
			return $this->name;
		}

		public function getUser(): User {
			return $this->user;
		}

		public function getRequest(): Request {
			return new Request;
		}
	}

	/** Posts as MediaWiki does: a text is a form, unless the caller says what it is. */
	class HttpRequestFactory {
		public static array $posted = [];

		public function post( string $url, array $options ): ?string {
			$headers = "Content-Type: application/x-www-form-urlencoded\r\nUser-Agent: MediaWiki/1.43.0\r\n";
			$http = [ 'method' => 'POST', 'header' => $headers, 'content' => $options['postData'] ];
			$http += [ 'timeout' => $options['timeout'], 'ignore_errors' => true ];
			$began = microtime( true );
			$answer = file_get_contents( $url, false, stream_context_create( [ 'http' => $http ] ) );
			self::$posted[] = [ 'began' => $began, 'sent' => $options['postData'], 'answer' => $answer ];
			return $answer === false ? null : $answer;
		}
	}

	[ , $settings, $hook ] = $argv;
	parse_str( implode( '&', array_slice( $argv, 3 ) ), $about );
	$user = new User( (int)( $about['user'] ?? 0 ) );
	$arguments = match ( $hook ) {
		'UserGroupsChanged' => [ $user, [ 'bot' ], [], false, '', [], [] ],
		'BlockIpComplete' => [ new Block( $user->getId() ? $user : null ), new User( 1 ), null ],
		'UnblockUserComplete' => [ new Block( $user->getId() ? $user : null ), new User( 1 ) ],
		'CentralAuthGlobalUserLockStatusChanged' => [ $user, true ],
		'CentralAuthGlobalUserGroupMembershipChanged' => [ $user, [], [ 'steward' ] ],
		'SpecialPageAfterExecute' => [ new Page( $about['page'], $user ), $about['sub'] ?? null ],
	};
	$wgHooks = [];
	require $settings;
	foreach ( $wgHooks[$hook] as $handler ) {
		$handler( ...$arguments );
	}
	if ( HttpRequestFactory::$posted !== [] ) {
		throw new LogicException( 'posted before the transaction is committed' );
	}
	foreach ( MediaWiki\Deferred\DeferredUpdates::$waiting as $update ) {
		$update();
	}
	echo json_encode( HttpRequestFactory::$posted ), "\n";
}
