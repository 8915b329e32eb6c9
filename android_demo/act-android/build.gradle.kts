import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

val engine = rootDir.resolve("../native/engine/bindings/kotlin")

android {
    namespace = "io.actmobile.android"
    compileSdk = libs.versions.compileSdk.get().toInt()

    defaultConfig {
        minSdk = libs.versions.minSdk.get().toInt()
    }

    // The native engine's Kotlin class and JNI library.
    sourceSets["main"].java.srcDir(engine)
    externalNativeBuild {
        cmake {
            path = engine.resolve("CMakeLists.txt")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }
}

kotlin {
    compilerOptions {
        jvmTarget.set(JvmTarget.JVM_1_8)
    }
}

dependencies {
    api(project(":act"))
    implementation(libs.litert)
    implementation(libs.onnxruntime)
}
